namespace Resilient.Llm.RateLimiting;

/// <summary>A rate limit as a single number: when the allowance will be full again.</summary>
/// <remarks>
/// <para>
/// Algorithm: the generic cell rate algorithm (GCRA, ITU-T I.371 annex A, ATM Forum Traffic Management 4.0), the virtual scheduling form:
/// a token bucket without refill, where each unit advances the "theoretical arrival time" by its share of a minute. A call may pass while
/// that time is at most the burst ahead. The token buckets of System.Threading.RateLimiting use the wall clock only.
/// </para>
/// <para>Units can be returned or charged later (true token usage), which may leave a debt. Writers hold the owner's lock.</para>
/// </remarks>
internal struct GcraRate
{
    private readonly double _ticksPerUnit;
    private readonly long _burst;

    // The most that one call is charged: ten minutes, or ten bursts. A usage of int.MaxValue must not close the endpoint for weeks.
    private readonly long _most;
    private long _fullAt;

    private GcraRate(double ticksPerUnit, long burst, long most, long now)
    {
        _ticksPerUnit = ticksPerUnit;
        _burst = burst;
        _most = most;
        _fullAt = now;
    }

    /// <summary>Creates a full allowance. Null units: no limit. The burst says how much may pass at once, in time.</summary>
    public static GcraRate Create(int? unitsPerMinute, TimeSpan burst, TimeProvider timeProvider)
    {
        var ticksPerUnit = unitsPerMinute is { } units ? 60.0 * timeProvider.TimestampFrequency / units : 0;

        // One unit always fits: otherwise a slow rate with a short burst would let nothing pass.
        var burstTicks = Math.Max((long)(burst.TotalSeconds * timeProvider.TimestampFrequency), (long)Math.Ceiling(ticksPerUnit));
        return new(ticksPerUnit, burstTicks, 10 * Math.Max(burstTicks, 60 * timeProvider.TimestampFrequency), timeProvider.GetTimestamp());
    }

    /// <summary>Ticks until the units may pass, after those that wait before them. Zero or less: now.</summary>
    public readonly long WaitFor(long units, long unitsAhead, long now)
    {
        // More than the burst is never available at once: such a call waits for a full allowance.
        var needed = Math.Min(Cost(units), _burst);
        return Math.Max(Volatile.Read(in _fullAt), now) + Cost(unitsAhead) + needed - _burst - now;
    }

    public void Take(long units, long now) => Volatile.Write(ref _fullAt, Math.Max(_fullAt, now) + Charge(units));

    /// <summary>Replaces a charge made earlier.</summary>
    public void Correct(long charged, long actual) => Volatile.Write(ref _fullAt, _fullAt + Charge(actual) - Charge(charged));

    private readonly long Charge(long units) => Math.Min(Cost(units), _most);

    // Rounded down, so that the units of a minute fit into a minute; the bound keeps sums of extreme estimates from overflowing.
    private readonly long Cost(long units) => (long)Math.Min(units * _ticksPerUnit, long.MaxValue / 1024.0);
}
