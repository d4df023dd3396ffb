using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm;

public sealed partial class CircuitBreaker
{
    /// <summary>Whether a call would be let through now.</summary>
    /// <remarks>
    /// Takes nothing and takes no lock, and on a closed circuit reads no clock; except that calls which have become slow meanwhile are noticed here, which may open the circuit.
    /// </remarks>
    internal Availability Check()
    {
        NoticeSlowCalls();
        var epoch = Volatile.Read(ref _epoch);
        var state = StateOf(epoch);
        var gate = _gate.ReopensIn();
        if (state == CircuitState.Closed)
        {
            var recoveredAt = Volatile.Read(ref _recoveredAt);
            return gate is not null ? new(FailureKind.Rejected, ReopensIn: gate)
                : recoveredAt == NeverOpened ? Availability.Open
                : new(null, RecoveredAt: recoveredAt);
        }

        if (state == CircuitState.Isolated)
        {
            return new(FailureKind.CircuitOpen, IsIsolated: true);
        }

        // A provider that asked for a pause is not asked "better late than never".
        var isSlow = IsForSlowness(epoch) && gate is null;
        if (state == CircuitState.Open)
        {
            var until = Volatile.Read(ref _openUntil);
            var now = _timeProvider.GetTimestamp();
            if (now < until)
            {
                var rest = _timeProvider.GetElapsedTime(now, until);
                return new(FailureKind.CircuitOpen, ReopensIn: gate > rest ? gate : rest, IsSlow: isSlow);
            }

            if (gate is null && now - until < Volatile.Read(ref _headStart))
            {
                return new(FailureKind.CircuitOpen, NeedsReservation: true, IsSlow: isSlow, IsLeftToProbe: true);
            }
        }
        else if (_timeProvider.GetTimestamp() < Volatile.Read(ref _leaseUntil))
        {
            // When the probe will be back is anybody's guess; but never before the gate.
            return new(FailureKind.CircuitOpen, ReopensIn: gate, IsSlow: isSlow);
        }

        return gate is null ? new(null, NeedsReservation: true) : new(FailureKind.Rejected, ReopensIn: gate);
    }

    /// <summary>
    /// For how long after a break's end <see cref="Check"/> advises requests to leave the trial to an active probe; zero: they are as welcome as a probe. Only advice: the permit goes to
    /// whoever asks for it first.
    /// </summary>
    internal void GiveProbesHeadStart(TimeSpan duration) => Volatile.Write(ref _headStart, _timeProvider.ToTimestampUnits(duration));

    /// <summary>Takes leave to call. In half-open it takes the probe permit if that is free.</summary>
    /// <returns>False when the circuit is open or isolated, its gate closed or its probe out: do not call.</returns>
    internal bool TryEnter(out CircuitPermit permit) => TryEnter(takesSlow: false, out permit);

    /// <summary>Takes leave to call, with the permit that was reserved for it if there is one and it is still good.</summary>
    /// <param name="reservation">What the request's trace holds; that of another circuit is left alone.</param>
    /// <param name="takesSlow">See <see cref="AttemptPlan.TakesSlow"/>: whether to enter although the circuit is open for slowness.</param>
    /// <param name="permit">To be recorded at the end of the call.</param>
    internal bool TryEnter(IReservation? reservation, bool takesSlow, out CircuitPermit permit)
    {
        if (reservation is CircuitReservation own && own.IsFor(this) && own.TryConsume(out permit))
        {
            if (!_gate.IsClosed() && IsLive(permit))
            {
                return true;
            }

            Record(permit, CircuitOutcome.Neutral);
        }

        return TryEnter(takesSlow, out permit);
    }

    private bool TryEnter(bool takesSlow, out CircuitPermit permit)
    {
        NoticeSlowCalls();
        var epoch = Volatile.Read(ref _epoch);
        if (StateOf(epoch) == CircuitState.Closed && !_gate.IsClosed())
        {
            permit = new(GenerationOf(epoch), 0);
            return true;
        }

        return TryEnterSlowly(takesSlow, out permit);
    }

    /// <summary>Takes the probe permit ahead of the call, where one is needed.</summary>
    /// <param name="reservation">The permit, to be consumed or released; null on a closed circuit, which needs none.</param>
    /// <returns>False when the call would be refused.</returns>
    internal bool TryReserve(out CircuitReservation? reservation)
    {
        var isEntered = TryEnter(out var permit);
        reservation = permit.IsProbe ? new(this, permit) : null;
        return isEntered;
    }

    private bool TryEnterSlowly(bool takesSlow, out CircuitPermit permit)
    {
        permit = default;

        // In an outage everybody comes here: turn them away without queueing for the lock.
        var availability = Check();
        if (!availability.IsAvailable && !availability.IsLeftToProbe && !(takesSlow && availability.IsSlow))
        {
            return false;
        }

        lock (_lock)
        {
            var now = _timeProvider.GetTimestamp();
            switch (StateOf(_epoch))
            {
                case CircuitState.Closed:
                    permit = new(GenerationOf(_epoch), 0);
                    return true;
                case CircuitState.Open when now >= _openUntil:
                    MoveTo(CircuitState.HalfOpen, CircuitTransitionReason.BreakEnded, isForSlowness: IsForSlowness(_epoch));
                    permit = StartProbe(now);
                    break;
                case CircuitState.HalfOpen when now >= _leaseUntil:
                    permit = StartProbe(now);
                    return true;
                case CircuitState.Open or CircuitState.HalfOpen when takesSlow && IsForSlowness(_epoch):
                    permit = new(GenerationOf(_epoch), 0);
                    return true;
                default:
                    return false;
            }
        }

        DeliverTransitions();
        return true;
    }

    /// <summary>Whether the circuit is closed, and was opened since the permit was given.</summary>
    internal bool HasRecoveredSince(in CircuitPermit permit)
    {
        var epoch = Volatile.Read(ref _epoch);
        return StateOf(epoch) == CircuitState.Closed && permit.Generation != GenerationOf(epoch);
    }

    /// <summary>Whether a reserved probe still stands; if so its time starts anew.</summary>
    private bool IsLive(in CircuitPermit permit)
    {
        lock (_lock)
        {
            var isLive = permit.Generation == GenerationOf(_epoch) && permit.ProbeId == _probeId;
            if (isLive)
            {
                RenewProbe(_timeProvider.GetTimestamp());
            }

            return isLive;
        }
    }
}
