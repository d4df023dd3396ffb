namespace Resilient.Llm;

/// <summary>Arithmetic on <see cref="TimeProvider.GetTimestamp"/>: deadlines travel as timestamps, so that a hop costs no timer.</summary>
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

    /// <summary>The timestamp a span from now; saturates at <see cref="long.MaxValue"/>, which stands for "never".</summary>
    public static long TimestampIn(this TimeProvider timeProvider, TimeSpan span)
    {
        var now = timeProvider.GetTimestamp();
        var ticks = timeProvider.ToTimestampUnits(span);
        return ticks > long.MaxValue - now ? long.MaxValue : now + ticks;
    }

    /// <summary>Whether it is the system's clock. On any other one nothing may go to the thread pool: the order of events would depend on more than the clock.</summary>
    public static bool IsRealTime(this TimeProvider timeProvider) => ReferenceEquals(timeProvider, TimeProvider.System);

    /// <summary>From now to a timestamp: never negative, rounded up to whole milliseconds as timers are, infinite for <see cref="long.MaxValue"/>.</summary>
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

        // Timers take at most 2^32 - 2 milliseconds; a deadline further off than that (49 days) is cut to it.
        var milliseconds = Math.Ceiling((timestamp - now) * 1000.0 / timeProvider.TimestampFrequency);
        return TimeSpan.FromMilliseconds(Math.Min(milliseconds, 4_294_967_294));
    }
}
