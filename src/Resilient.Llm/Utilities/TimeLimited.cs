namespace Resilient.Llm.Utilities;

/// <summary>Foreign work with a time limit. Late work is cancelled and abandoned, whether it reacts or not.</summary>
/// <remarks>Work that blocks the calling thread before it returns its task cannot be interrupted.</remarks>
internal sealed class TimeLimited : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenRegistration _callerCancels;
    private ITimer? _timeIsUp;

    private TimeLimited()
    {
    }

    public void Dispose()
    {
        _callerCancels.Unregister();
        _timeIsUp?.Dispose();
        _stop.Dispose();
    }

    /// <summary>The ended task of the work; null when it is late or the caller cancelled.</summary>
    /// <remarks>Throws what <paramref name="start"/> throws before it returns its task, also for null; never what the task holds.</remarks>
    public static async Task<Task<T>?> RunAsync<T>(
        Func<CancellationToken, Task<T>?> start, TimeSpan limit, TimeProvider timeProvider, CancellationToken callerToken)
    {
        var work = new TimeLimited();
        var task = start(work._stop.Token) ?? throw new InvalidOperationException("Null was returned in place of a task.");
        if (!task.IsCompleted)
        {
            await work.WaitAsync(task, limit > TimeSpan.Zero ? limit : TimeSpan.Zero, timeProvider, callerToken).ConfigureAwait(false);
        }

        if (task.IsCompleted)
        {
            work.Dispose();
            return task;
        }

        work.LeaveBehind(task, callerToken);
        return null;
    }

    /// <summary>Waits for the work, the limit or the caller.</summary>
    /// <remarks>
    /// Waiting is separate from cancelling the work, and comes first: its timer is armed first, and its registration with the caller's
    /// token is made last, since those run in reverse. So foreign code that reacts badly to its cancellation cannot delay the answer.
    /// </remarks>
    private async Task WaitAsync(Task task, TimeSpan limit, TimeProvider timeProvider, CancellationToken callerToken)
    {
        _callerCancels = callerToken.UnsafeRegister(static self => ((TimeLimited)self!).Stop(), this);
        var wait = task.WaitAsync(limit, timeProvider, callerToken);
        _timeIsUp = timeProvider.CreateTimer(static self => ((TimeLimited)self!).Stop(), this, limit, Timeout.InfiniteTimeSpan);
        await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Cancels the work's token, ignoring exceptions of callbacks; with <c>CancelAfter</c> they would end the process.</summary>
    private void Stop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (Exception)
        {
            // Code of the application: what it throws at its cancellation is not reported.
        }
    }

    /// <summary>Abandons the work without disposal: the timer, due now, and the work itself still need the token.</summary>
    private void LeaveBehind(Task task, CancellationToken callerToken)
    {
        // The registration is removed unless it is about to run: a token may live as long as the application.
        if (!callerToken.IsCancellationRequested)
        {
            _callerCancels.Unregister();
        }

        // Otherwise a late failure would surface as an unobserved exception.
        DetachedWork.Observe(task);
    }
}
