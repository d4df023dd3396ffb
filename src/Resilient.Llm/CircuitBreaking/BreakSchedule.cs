using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>How long breaks last: each twice as long as the one before, up to a maximum, minus jitter.</summary>
/// <remarks>Changed under the breaker's lock; <see cref="EndsAt"/> may be read without it.</remarks>
internal sealed class BreakSchedule(ChatCircuitBreakerOptions options, TimeProvider timeProvider, Func<double> randomizer)
{
    private const double Jitter = 0.2;

    private TimeSpan _next = options.BreakDuration;
    private long _endsAt;

    /// <summary>Timestamp at which the last break ends. Valid only while the circuit is open.</summary>
    public long EndsAt => Volatile.Read(ref _endsAt);

    /// <summary>Starts a break and doubles the next one. Returns the duration, jitter included.</summary>
    public TimeSpan Start(long now)
    {
        var duration = _next * (1 - (Jitter * randomizer()));
        _next = _next * 2 < options.MaxBreakDuration ? _next * 2 : options.MaxBreakDuration;
        Volatile.Write(ref _endsAt, now + timeProvider.ToTimestampUnits(duration));
        return duration;
    }

    /// <summary>Makes the next break as short as the first. Called when the circuit closes.</summary>
    public void Reset() => _next = options.BreakDuration;
}
