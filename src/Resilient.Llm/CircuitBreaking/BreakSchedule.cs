using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>How long breaks last: each twice as long as the one before, up to a maximum, minus jitter.</summary>
/// <remarks>Changed under the breaker's lock; <see cref="EndsAt"/> may be read without it.</remarks>
internal sealed class BreakSchedule(ChatCircuitBreakerOptions options, TimeProvider timeProvider, Func<double> randomizer)
{
    private const double Jitter = 0.2;

    private TimeSpan _next = options.BreakDuration;
    private long _endsAt;

    /// <summary>Timestamp at which the last break ends. Has a meaning only while the circuit is open.</summary>
    public long EndsAt => Volatile.Read(ref _endsAt);

    /// <summary>Starts a break, and makes the next one twice as long.</summary>
    /// <returns>How long the break lasts, jitter included.</returns>
    public TimeSpan Start(long now)
    {
        var duration = _next * (1 - (Jitter * randomizer()));
        _next = _next * 2 < options.MaxBreakDuration ? _next * 2 : options.MaxBreakDuration;
        Volatile.Write(ref _endsAt, now + timeProvider.ToTimestampUnits(duration));
        return duration;
    }

    /// <summary>The next break is as short as the first one again. Called when the circuit closes.</summary>
    public void Reset() => _next = options.BreakDuration;
}
