namespace Resilient.Llm;

/// <summary>Durations in the units of <see cref="TimeProvider.GetTimestamp"/>, so that the breaker compares whole numbers.</summary>
internal static class Timestamps
{
    /// <summary>The duration in timestamp units, rounded down; negative (infinite) becomes <see cref="long.MaxValue"/>.</summary>
    public static long ToTimestampUnits(this TimeProvider timeProvider, TimeSpan duration) =>
        duration < TimeSpan.Zero
            ? long.MaxValue
            : (long)((Int128)duration.Ticks * timeProvider.TimestampFrequency / TimeSpan.TicksPerSecond);
}
