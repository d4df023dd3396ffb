using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Holds calls back for as long as the provider asked. Independent of the circuit: a rate limit is not a failure.</summary>
/// <remarks>Thread-safe and lock-free. Without a cooldown, asking costs one read and no clock.</remarks>
internal sealed class Cooldown(ChatCircuitBreakerOptions options, TimeProvider timeProvider, Func<double> randomizer)
{
    private const double Jitter = 0.1;

    // Never started, ended by hand, or found to be over.
    private const long Inactive = long.MinValue;

    private long _until = Inactive;

    public bool IsActive => Volatile.Read(ref _until) != Inactive && Remaining() is not null;

    /// <summary>
    /// Starts a cooldown, unless an earlier one lasts longer. Null stands for <see cref="ChatCircuitBreakerOptions.MaxBreakDuration"/>;
    /// zero or less does nothing.
    /// </summary>
    public void Start(TimeSpan? retryAfter)
    {
        var duration = retryAfter ?? options.MaxBreakDuration;
        if (duration <= TimeSpan.Zero)
        {
            return;
        }

        // Capped before jitter is added: otherwise all cooldowns that reach the cap would end at the same moment.
        duration = duration < options.MaxCooldown ? duration : options.MaxCooldown;
        ExtendTo(timeProvider.GetTimestamp() + timeProvider.ToTimestampUnits(duration * (1 + (Jitter * randomizer()))));
    }

    /// <summary>The time left; null when there is no cooldown.</summary>
    public TimeSpan? Remaining()
    {
        var until = Volatile.Read(ref _until);
        if (until == Inactive)
        {
            return null;
        }

        var now = timeProvider.GetTimestamp();
        if (now < until)
        {
            return timeProvider.GetElapsedTime(now, until);
        }

        // Saves the clock from now on. A cooldown that was started meanwhile has another value and stays in force.
        Interlocked.CompareExchange(ref _until, Inactive, until);
        return null;
    }

    public void End() => Volatile.Write(ref _until, Inactive);

    // Keeps the later end, so that a second, shorter Retry-After does not end the cooldown early.
    private void ExtendTo(long until)
    {
        var seen = Volatile.Read(ref _until);
        while (seen < until)
        {
            var before = Interlocked.CompareExchange(ref _until, until, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
