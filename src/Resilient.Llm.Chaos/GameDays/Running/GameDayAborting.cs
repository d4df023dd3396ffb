namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Whether a game day has to stop, and the first reason for it. Thread-safe.</summary>
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
                // The game day is over, and an abandoned request has ended.
            }
        }
    }

    public void Dispose() => _source.Dispose();
}
