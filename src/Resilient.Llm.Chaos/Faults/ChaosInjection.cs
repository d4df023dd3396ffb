namespace Resilient.Llm.Chaos.Faults;

/// <summary>The effect of an experiment on one call.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Delay">The time drawn from the fault's latency; zero if it has none.</param>
/// <param name="Ended">Cancelled when the experiment ends: its waits end, and the call continues to its provider.</param>
internal sealed record ChaosInjection(ChaosFault Fault, TimeSpan Delay, CancellationToken Ended)
{
    /// <summary>Waits for a time (at most a day; <see cref="Timeout.InfiniteTimeSpan"/>: no limit) or for the experiment's end.</summary>
    /// <returns>False if the experiment has ended and nothing is to be injected.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public ValueTask<bool> WaitAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Ended.IsCancellationRequested
            ? new(false)
            : time == TimeSpan.Zero
                ? new(true)
                : WaitLongAsync(time, clock, cancellationToken);
    }

    private async ValueTask<bool> WaitLongAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
    {
        // In virtual time, continues in place. On the system clock, the thread that ends the experiment must not run all the calls that it
        // releases.
        var over = new TaskCompletionSource<bool>(
            ReferenceEquals(clock, TimeProvider.System) ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
        using var timer = time == Timeout.InfiniteTimeSpan
            ? null
            : clock.CreateTimer(
                static over => ((TaskCompletionSource<bool>)over!).TrySetResult(true), over, time, Timeout.InfiniteTimeSpan);
        var end = Ended.UnsafeRegister(static over => ((TaskCompletionSource<bool>)over!).TrySetResult(false), over);
        var cancellation = cancellationToken.UnsafeRegister(
            static (over, token) => ((TaskCompletionSource<bool>)over!).TrySetCanceled(token), over);
        try
        {
            return await over.Task.ConfigureAwait(false);
        }
        finally
        {
            // Not Dispose: it would wait for a callback that may be waiting for this method.
            end.Unregister();
            cancellation.Unregister();
        }
    }
}
