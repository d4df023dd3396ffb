using Polly.CircuitBreaker;

namespace Resilient.Llm;

public sealed partial class CircuitBreaker
{
    /// <summary>Whether a call would be let through now. Changes nothing, takes no lock, and on a closed circuit reads no clock.</summary>
    internal Availability Check()
    {
        var epoch = Volatile.Read(ref _epoch);
        var state = StateOf(epoch);
        var gate = _gate.ReopensIn();
        if (state == CircuitState.Closed)
        {
            return gate is null ? Availability.Open : new(FailureKind.Rejected, ReopensIn: gate);
        }

        if (state == CircuitState.Isolated)
        {
            return new(FailureKind.CircuitOpen, IsIsolated: true);
        }

        if (state == CircuitState.Open)
        {
            var until = Volatile.Read(ref _openUntil);
            var now = _timeProvider.GetTimestamp();
            if (now < until)
            {
                var rest = _timeProvider.GetElapsedTime(now, until);
                return new(FailureKind.CircuitOpen, ReopensIn: gate > rest ? gate : rest);
            }
        }
        else if (_timeProvider.GetTimestamp() < Volatile.Read(ref _leaseUntil))
        {
            // When the probe will be back is anybody's guess; but never before the gate.
            return new(FailureKind.CircuitOpen, ReopensIn: gate);
        }

        return gate is null ? new(null, NeedsReservation: true) : new(FailureKind.Rejected, ReopensIn: gate);
    }

    /// <summary>Takes leave to call. In half-open it takes the probe permit if that is free.</summary>
    /// <returns>False when the circuit is open or isolated, its gate closed or its probe out: do not call.</returns>
    internal bool TryEnter(out CircuitPermit permit)
    {
        var epoch = Volatile.Read(ref _epoch);
        if (StateOf(epoch) == CircuitState.Closed && !_gate.IsClosed())
        {
            permit = new(GenerationOf(epoch), 0);
            return true;
        }

        return TryEnterSlowly(out permit);
    }

    /// <summary>Takes leave to call, with the permit that was reserved for it if there is one and it is still good.</summary>
    /// <param name="reservation">What the request's trace holds; that of another circuit is left alone.</param>
    /// <param name="permit">To be recorded at the end of the call.</param>
    internal bool TryEnter(IReservation? reservation, out CircuitPermit permit)
    {
        if (reservation is CircuitReservation own && own.IsFor(this) && own.TryConsume(out permit))
        {
            if (!_gate.IsClosed() && IsLive(permit))
            {
                return true;
            }

            Record(permit, CircuitOutcome.Neutral);
        }

        return TryEnter(out permit);
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

    private bool TryEnterSlowly(out CircuitPermit permit)
    {
        permit = default;

        // In an outage everybody comes here: turn them away without queueing for the lock.
        if (!Check().IsAvailable)
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
                    MoveTo(CircuitState.HalfOpen, CircuitTransitionReason.BreakEnded);
                    permit = StartProbe(now);
                    break;
                case CircuitState.HalfOpen when now >= _leaseUntil:
                    permit = StartProbe(now);
                    return true;
                default:
                    return false;
            }
        }

        DeliverTransitions();
        return true;
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
