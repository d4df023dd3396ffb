namespace Resilient.Llm;

/// <summary>Waiting, by any clock.</summary>
/// <remarks>It goes on in place, on the thread of the timer or of whoever cancels: Task.Delay would end a cancelled wait on the thread pool, to which virtual time allows no detour.</remarks>
internal static class Pause
{
    /// <summary>Waits for a moment that is not infinitely far away.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="timestamp">The moment; one that has passed is not waited for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async ValueTask WaitUntilAsync(this TimeProvider clock, long timestamp, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Timers may fire a little too early.
        while (clock.GetTimestamp() < timestamp)
        {
            var over = new TaskCompletionSource();
            using var timer = clock.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, clock.TimeUntil(timestamp), Timeout.InfiniteTimeSpan);
            var registration = cancellationToken.UnsafeRegister(static (over, token) => ((TaskCompletionSource)over!).TrySetCanceled(token), over);
            try
            {
                await over.Task.ConfigureAwait(false);
            }
            finally
            {
                // Not Dispose: that would wait for a callback that may be waiting for us.
                registration.Unregister();
            }
        }
    }
}
