using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Faults;

/// <summary>What is to be done to one call.</summary>
/// <param name="Fault">What.</param>
/// <param name="Delay">The time drawn from the fault's latency; zero where it has none.</param>
/// <param name="Ended">Cancelled when the experiment ends: every wait that it caused is over, and the call goes on to its provider.</param>
internal sealed record ChaosInjection(ChaosFault Fault, TimeSpan Delay, CancellationToken Ended)
{
    /// <summary>Waits for some time, or for the experiment's end if that comes first.</summary>
    /// <param name="time">How long, a day at most; <see cref="Timeout.InfiniteTimeSpan"/>: until the end.</param>
    /// <param name="clock">The controller's.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>False: the experiment has ended, and nothing is to be done any more.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public ValueTask<bool> WaitAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Ended.IsCancellationRequested ? new(false) : time == TimeSpan.Zero ? new(true) : WaitLongAsync(time, clock, cancellationToken);
    }

    private async ValueTask<bool> WaitLongAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
    {
        // In place, on the thread of the timer or of the canceller, as virtual time needs it. By the system's clock the thread that presses
        // the kill switch must not carry on all the calls that it releases.
        var over = new TaskCompletionSource<bool>(
            clock.IsRealTime() ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
        using var timer = time == Timeout.InfiniteTimeSpan
            ? null
            : clock.CreateTimer(static over => ((TaskCompletionSource<bool>)over!).TrySetResult(true), over, time, Timeout.InfiniteTimeSpan);
        var end = Ended.UnsafeRegister(static over => ((TaskCompletionSource<bool>)over!).TrySetResult(false), over);
        var cancellation = cancellationToken.UnsafeRegister(
            static (over, token) => ((TaskCompletionSource<bool>)over!).TrySetCanceled(token), over);
        try
        {
            return await over.Task.ConfigureAwait(false);
        }
        finally
        {
            // Not Dispose: that would wait for a callback that may be waiting for us.
            end.Unregister();
            cancellation.Unregister();
        }
    }
}
