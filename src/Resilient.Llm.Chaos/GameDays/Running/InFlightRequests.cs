using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Tracks the requests in flight and waits for them at the end.</summary>
internal sealed class InFlightRequests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_lastPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<Task> _tasks = [];
    private int _sweepAt = 1_000;

    public CancellationToken GiveUp => _giveUp.Token;

    /// <summary>Called only by the thread that sends requests.</summary>
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

    /// <summary>Waits up to 30 seconds, less if aborted, then cancels the rest and abandons requests that ignore it.</summary>
    public async Task DrainAsync(TimeProvider clock, CancellationToken aborted)
    {
        var all = Task.WhenAll(_tasks);
        await WaitAsync(clock, all, s_patience, aborted).ConfigureAwait(false);
        if (!all.IsCompleted)
        {
            Cancel();
            await WaitAsync(clock, all, s_lastPatience, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Cancels the rest, so that a game day that threw leaves nothing running.</summary>
    public void Dispose()
    {
        Cancel();
        _giveUp.Dispose();
    }

    private static async Task WaitAsync(TimeProvider clock, Task all, TimeSpan patience, CancellationToken aborted)
    {
        // In virtual time, continues in place. On the system clock, the thread that aborts must not run the game day to its end.
        var over = new TaskCompletionSource(
            clock.IsRealTime() ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
        using var timer = clock.CreateTimer(
            static over => ((TaskCompletionSource)over!).TrySetResult(), over, patience, Timeout.InfiniteTimeSpan);
        var abort = aborted.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over);
        await Task.WhenAny(all, over.Task).ConfigureAwait(false);
        abort.Unregister();
    }

    private void Cancel()
    {
        try
        {
            _giveUp.Cancel();
        }
        catch (AggregateException)
        {
            // A failure of the cancelled client. The game day still has a scorecard.
        }
    }
}
