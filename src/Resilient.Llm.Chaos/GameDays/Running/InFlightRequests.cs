using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.GameDays;

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

    /// <summary>Waits until all have ended: half a minute; then, or as soon as the game day is aborted, they are cancelled, and those deaf to it left behind.</summary>
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

    /// <summary>Cancels what is left: a game day that threw leaves nothing running either.</summary>
    public void Dispose()
    {
        Cancel();
        _giveUp.Dispose();
    }

    private static async Task WaitAsync(TimeProvider clock, Task all, TimeSpan patience, CancellationToken aborted)
    {
        // In place in virtual time; by the system's clock the thread that aborts must not carry the game day to its end.
        var over = new TaskCompletionSource(
            clock.IsRealTime() ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
        using var timer = clock.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, patience, Timeout.InfiniteTimeSpan);
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
            // What the client that is asked had to say to its cancellation. The game day has a scorecard all the same.
        }
    }
}
