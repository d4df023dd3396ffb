using Polly.CircuitBreaker;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>The states of one circuit, its transitions, and the permits that each state gives.</summary>
/// <remarks>
/// Properties may be read without the breaker's lock. Methods need it, except <see cref="DeliverTransitions"/>, which is called after the
/// lock is released. The data of an epoch is written before the epoch.
/// </remarks>
internal sealed class CircuitStateMachine(
    TimeProvider timeProvider, BreakSchedule breaks, ProbeLease probe, OutcomeCounter counter, SlowCallWatch? slowCalls)
{
    private const long NotRecovered = long.MinValue;

    private readonly CircuitTransitionQueue _transitions = new();
    private long _epoch = CircuitEpoch.First.Word;
    private long _recoveredAt = NotRecovered;

    public CircuitEpoch Epoch => new(Volatile.Read(ref _epoch));

    /// <summary>Timestamp at which probes last closed the circuit; null when they never did, or after a reset by hand.</summary>
    public long? RecoveredAt => Volatile.Read(ref _recoveredAt) is not NotRecovered and var at ? at : null;

    /// <summary>Gives a permit, and the probe permit where one is due. False when calls are refused.</summary>
    public bool TryGivePermit(long now, bool takesSlow, out CircuitPermit permit)
    {
        var epoch = Epoch;
        switch (epoch.State)
        {
            case CircuitState.Closed:
                permit = new(epoch.Generation, 0);
                return true;
            case CircuitState.Open when now >= breaks.EndsAt:
                MoveTo(
                    CircuitState.HalfOpen,
                    CircuitTransitionReason.BreakEnded,
                    isForSlowness: epoch.IsForSlowness,
                    isForRefusals: epoch.IsForRefusals);
                permit = new(Epoch.Generation, probe.Take(now));
                return true;
            case CircuitState.HalfOpen when !probe.IsHeld(now):
                permit = new(epoch.Generation, probe.Take(now));
                return true;
            case CircuitState.Open or CircuitState.HalfOpen when takesSlow && epoch.IsForSlowness:
                permit = new(epoch.Generation, 0);
                return true;
            default:
                permit = default;
                return false;
        }
    }

    /// <summary>Whether the permit was given since the last transition.</summary>
    public bool IsCurrent(in CircuitPermit permit) => permit.Generation == Epoch.Generation;

    /// <summary>Renews the lease of a probe. False when the permit is stale, or another probe has taken its place.</summary>
    public bool TryRenew(in CircuitPermit permit, long now)
    {
        var isLive = IsCurrent(permit) && probe.IsHeldBy(permit.ProbeId);
        if (isLive)
        {
            probe.Renew(now);
        }

        return isLive;
    }

    public void Open(CircuitTransitionReason reason, long now, bool isForSlowness = false, bool isForRefusals = false) =>
        MoveTo(CircuitState.Open, reason, breaks.Start(now), isForSlowness, isForRefusals);

    /// <summary>Changes the state and starts a new generation with empty counts.</summary>
    public void MoveTo(
        CircuitState to,
        CircuitTransitionReason reason,
        TimeSpan? breakDuration = null,
        bool isForSlowness = false,
        bool isForRefusals = false)
    {
        var epoch = Epoch;
        var from = epoch.State;
        if (from == to && to == CircuitState.Isolated)
        {
            return;
        }

        probe.Clear();
        counter.Clear();
        slowCalls?.Clear();
        if (to == CircuitState.Closed)
        {
            breaks.Reset();

            // An operator who resets the circuit knows that the endpoint is healthy.
            Volatile.Write(ref _recoveredAt, reason == CircuitTransitionReason.ProbeSucceeded ? timeProvider.GetTimestamp() : NotRecovered);
        }

        Volatile.Write(ref _epoch, epoch.Next(to, isForSlowness, isForRefusals).Word);

        // Resetting a closed circuit clears its counts but changes no state.
        // A circuit open for slowness opens again when calls that took slow answers fail.
        if (from != to || to == CircuitState.Open)
        {
            var endsSlowness = to == CircuitState.Closed && epoch.IsForSlowness;
            _transitions.Enqueue(new(from, to, reason, timeProvider.GetUtcNow(), breakDuration) { EndsSlowness = endsSlowness });
        }
    }

    public void DeliverTransitions(Action<CircuitTransition>? handlers) => _transitions.Deliver(handlers);
}
