namespace Resilient.Llm.Shared;

/// <summary>Arithmetic on <see cref="TimeProvider.GetTimestamp"/>: deadlines travel as timestamps, which need no timer.</summary>
internal static class TimeProviderExtensions
{
    /// <summary>A span in timestamp units, rounded down; a negative (infinite) one becomes <see cref="long.MaxValue"/>.</summary>
    public static long ToTimestampUnits(this TimeProvider timeProvider, TimeSpan span)
    {
        if (span < TimeSpan.Zero)
        {
            return long.MaxValue;
        }

        var units = (Int128)span.Ticks * timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond;
        return units > long.MaxValue ? long.MaxValue : (long)units;
    }

    /// <summary>Timers run on a coarser clock than timestamps and may fire this much too early.</summary>
    public static TimeSpan TimerSlack { get; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The timestamp a span from now; saturates at <see cref="long.MaxValue"/>, which means "never".</summary>
    public static long TimestampIn(this TimeProvider timeProvider, TimeSpan span)
    {
        var now = timeProvider.GetTimestamp();
        var ticks = timeProvider.ToTimestampUnits(span);
        return ticks > long.MaxValue - now ? long.MaxValue : now + ticks;
    }

    /// <summary>
    /// Whether it is the system's clock. With any other clock nothing may run on the thread pool, or the order of events would vary.
    /// </summary>
    public static bool IsRealTime(this TimeProvider timeProvider) => ReferenceEquals(timeProvider, TimeProvider.System);

    /// <summary>
    /// From now to a timestamp: never negative, rounded up to whole milliseconds, infinite for <see cref="long.MaxValue"/>.
    /// </summary>
    public static TimeSpan TimeUntil(this TimeProvider timeProvider, long timestamp)
    {
        if (timestamp == long.MaxValue)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var now = timeProvider.GetTimestamp();
        if (timestamp <= now)
        {
            return TimeSpan.Zero;
        }

        // Timers take at most 2^32 - 2 milliseconds; a deadline further away (49 days) is cut to it.
        var milliseconds = Math.Ceiling((timestamp - now) * 1000.0 / timeProvider.TimestampFrequency);
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, 4_294_967_294));
    }

    /// <summary>Waits until a finite timestamp. Returns at once if it has passed.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>
    /// It continues in place, on the thread of the timer or of the canceller: Task.Delay would end a cancelled wait on the thread pool,
    /// which virtual time does not allow.
    /// </remarks>
    public static async ValueTask DelayUntilAsync(this TimeProvider clock, long timestamp, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Timers may fire a little too early.
        while (clock.GetTimestamp() < timestamp)
        {
            var over = new TaskCompletionSource();
            using var timer = clock.CreateTimer(
                static over => ((TaskCompletionSource)over!).TrySetResult(),
                over,
                clock.TimeUntil(timestamp),
                Timeout.InfiniteTimeSpan);
            var registration = cancellationToken.UnsafeRegister(
                static (over, token) => ((TaskCompletionSource)over!).TrySetCanceled(token),
                over);
            try
            {
                await over.Task.ConfigureAwait(false);
            }
            finally
            {
                // Not Dispose: that would wait for a callback that may be waiting for this code.
                registration.Unregister();
            }
        }
    }
}
