namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Whether a game day has to stop, and why: the first reason holds. Thread-safe.</summary>
internal sealed class GameDayAborting : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private string? _reason;

    public string? Reason => Volatile.Read(ref _reason);

    public CancellationToken Token => _source.Token;

    public void Abort(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            try
            {
                _source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The game day is over: a request that was left behind has ended after all.
            }
        }
    }

    public void Dispose() => _source.Dispose();
}
