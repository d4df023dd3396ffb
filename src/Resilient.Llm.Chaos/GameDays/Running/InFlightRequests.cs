namespace Resilient.Llm.Chaos;

/// <summary>The requests that are under way, and how long they are waited for at the end.</summary>
internal sealed class InFlightRequests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_lastPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<Task> _tasks = [];
    private int _sweepAt = 1_000;

    public CancellationToken GiveUp => _giveUp.Token;

    /// <summary>From the one thread that asks.</summary>
    public void Add(Task request)
    {
        if (!request.IsCompleted)
        {
            _tasks.Add(request);
        }

        if (_tasks.Count >= _sweepAt)
        {
            _tasks.RemoveAll(static task => task.IsCompleted);
            _sweepAt = Math.Max(1_000, 2 * _tasks.Count);
        }
    }

    /// <summary>Waits until all have ended: half a minute; then, or at once where the game day was aborted, they are cancelled, and those deaf to it left behind.</summary>
    public async Task DrainAsync(TimeProvider clock, bool isAborted)
    {
        var all = Task.WhenAll(_tasks);
        if (!isAborted)
        {
            await WaitAsync(clock, all, s_patience).ConfigureAwait(false);
        }

        if (!all.IsCompleted)
        {
            _giveUp.Cancel();
            await WaitAsync(clock, all, s_lastPatience).ConfigureAwait(false);
        }
    }

    public void Dispose() => _giveUp.Dispose();

    private static async Task WaitAsync(TimeProvider clock, Task all, TimeSpan patience)
    {
        var over = new TaskCompletionSource();
        using var timer = clock.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, patience, Timeout.InfiniteTimeSpan);
        await Task.WhenAny(all, over.Task).ConfigureAwait(false);
    }
}
