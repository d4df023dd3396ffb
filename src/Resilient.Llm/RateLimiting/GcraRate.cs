namespace Resilient.Llm.RateLimiting;

/// <summary>One rate limit as a single number: when the allowance will be full again.</summary>
/// <remarks>
/// <para>
/// Algorithm: the generic cell rate algorithm (GCRA, ITU-T I.371 annex A, ATM Forum Traffic Management 4.0), the virtual scheduling form:
/// a token bucket that needs no refill, since each unit moves the "theoretical arrival time" on by its share of a minute. A call may pass
/// while that time is not further ahead than the burst. System.Threading.RateLimiting offers token buckets too, but on the wall clock
/// only.
/// </para>
/// <para>Units can be given back or charged later (true token usage), which may leave a debt. Writers hold the owner's lock; readers need
/// none.</para>
/// </remarks>
internal struct GcraRate
{
    private readonly double _ticksPerUnit;
    private readonly long _burst;

    // The most that one call is charged: ten minutes, or ten bursts. A request for int.MaxValue tokens, or a provider that reports such
    // usage, must not close the endpoint for weeks.
    private readonly long _most;
    private long _fullAt;

    private GcraRate(double ticksPerUnit, long burst, long most, long now)
    {
        _ticksPerUnit = ticksPerUnit;
        _burst = burst;
        _most = most;
        _fullAt = now;
    }

    /// <summary>A full allowance.</summary>
    /// <param name="unitsPerMinute">Null: no limit.</param>
    /// <param name="burst">How much may pass at once, in time.</param>
    /// <param name="timeProvider">Whose timestamps are used.</param>
    public static GcraRate Create(int? unitsPerMinute, TimeSpan burst, TimeProvider timeProvider)
    {
        var ticksPerUnit = unitsPerMinute is { } units ? 60.0 * timeProvider.TimestampFrequency / units : 0;

        // One unit always fits, else a slow rate with a short burst would never let anything pass.
        var burstTicks = Math.Max((long)(burst.TotalSeconds * timeProvider.TimestampFrequency), (long)Math.Ceiling(ticksPerUnit));
        return new(ticksPerUnit, burstTicks, 10 * Math.Max(burstTicks, 60 * timeProvider.TimestampFrequency), timeProvider.GetTimestamp());
    }

    /// <summary>How many ticks until the units may pass, after others that wait before them. Zero or less: now.</summary>
    public readonly long WaitFor(long units, long unitsAhead, long now)
    {
        // More than the burst can never be there at once: such a call waits for a full allowance.
        var needed = Math.Min(Cost(units), _burst);
        return Math.Max(Volatile.Read(in _fullAt), now) + Cost(unitsAhead) + needed - _burst - now;
    }

    public void Take(long units, long now) => Volatile.Write(ref _fullAt, Math.Max(_fullAt, now) + Charge(units));

    /// <summary>Replaces a charge made earlier.</summary>
    public void Correct(long charged, long actual) => Volatile.Write(ref _fullAt, _fullAt + Charge(actual) - Charge(charged));

    private readonly long Charge(long units) => Math.Min(Cost(units), _most);

    // Rounded down, so that the units of a minute fit into a minute; the bound keeps sums of absurd estimates from overflowing.
    private readonly long Cost(long units) => (long)Math.Min(units * _ticksPerUnit, long.MaxValue / 1024.0);
}
