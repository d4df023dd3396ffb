using Polly.CircuitBreaker;

namespace Resilient.Llm;

public sealed partial class CircuitBreaker
{
    /// <summary>Tells how a call ended. Once per permit; what is stale is dropped.</summary>
    /// <remarks>Call it in a <c>finally</c>: a probe that nobody ends holds its permit until the lease runs out.</remarks>
    internal void Record(in CircuitPermit permit, CircuitOutcome outcome)
    {
        if (outcome == CircuitOutcome.Neutral && !permit.IsProbe)
        {
            return;
        }

        lock (_lock)
        {
            if (permit.Generation != GenerationOf(_epoch))
            {
                return;
            }

            // Only closed and half-open generations give permits, and only half-open ones give probes.
            var now = _timeProvider.GetTimestamp();
            if (permit.IsProbe)
            {
                RecordProbe(permit, outcome, now);
            }
            else
            {
                RecordCall(permit, outcome, now);
            }
        }

        DeliverTransitions();
    }

    /// <summary>
    /// Tells that a stream showed content: the first counts the call, and each renews a probe's lease or lets it succeed.
    /// </summary>
    internal void RecordContent(ref CircuitPermit permit)
    {
        var isFirst = !permit.HasContent;
        if (!isFirst && !permit.IsProbe)
        {
            return;
        }

        lock (_lock)
        {
            var now = _timeProvider.GetTimestamp();
            if (isFirst)
            {
                permit = permit with { HasContent = true, FirstContentAt = now };
            }

            if (permit.Generation != GenerationOf(_epoch))
            {
                return;
            }

            if (!permit.IsProbe)
            {
                _window.AddCall(now);
                return;
            }

            if (permit.ProbeId != _probeId)
            {
                return;
            }

            RenewProbe(now);
            if (_options.ProbeSucceedsAfter < TimeSpan.Zero
                || _timeProvider.GetElapsedTime(permit.FirstContentAt, now) < _options.ProbeSucceedsAfter)
            {
                return;
            }

            RecordProbe(permit, CircuitOutcome.Success, now);
        }

        DeliverTransitions();
    }

    private void RecordCall(in CircuitPermit permit, CircuitOutcome outcome, long now)
    {
        if (!permit.HasContent)
        {
            _window.AddCall(now);
        }

        if (outcome == CircuitOutcome.Success)
        {
            _consecutiveFailures = 0;
            return;
        }

        _window.AddFailure(now);
        _consecutiveFailures++;
        if (_window.IsTripped(now))
        {
            Open(CircuitTransitionReason.FailuresInWindow, now);
        }
        else if (_consecutiveFailures >= (_options.ConsecutiveFailures ?? int.MaxValue))
        {
            Open(CircuitTransitionReason.ConsecutiveFailures, now);
        }
    }

    private void RecordProbe(in CircuitPermit permit, CircuitOutcome outcome, long now)
    {
        if (permit.ProbeId != _probeId)
        {
            return;
        }

        EndProbe();
        if (outcome == CircuitOutcome.Failure)
        {
            Open(CircuitTransitionReason.ProbeFailed, now);
        }
        else if (outcome == CircuitOutcome.Success && ++_probeSuccesses >= _options.SuccessesToClose)
        {
            MoveTo(CircuitState.Closed, CircuitTransitionReason.ProbeSucceeded);
        }
    }
}
