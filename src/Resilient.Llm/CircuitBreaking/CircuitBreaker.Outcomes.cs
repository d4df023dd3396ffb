using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm;

public sealed partial class CircuitBreaker
{
    /// <summary>Tells how a call ended. Once per permit; what is stale is dropped.</summary>
    /// <remarks>Call it in a <c>finally</c>: a probe that nobody ends holds its permit until the lease runs out.</remarks>
    internal void Record(in CircuitPermit permit, CircuitOutcome outcome)
    {
        if (outcome == CircuitOutcome.Neutral && !permit.IsProbe && permit.Pending is null)
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
            var isLate = EndsWatchLate(permit, now);
            if (permit.IsProbe)
            {
                RecordProbe(permit, outcome, now, isLate);
            }
            else
            {
                RecordCall(permit, outcome, now, isLate);
            }

            NoticeSlowCalls(now, hasNew: isLate);
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
            var before = permit;
            if (isFirst)
            {
                permit = permit with { HasContent = true, FirstContentAt = now, Pending = null };
            }

            if (permit.Generation != GenerationOf(_epoch))
            {
                return;
            }

            var isLate = EndsWatchLate(before, now);
            if (permit.IsProbe)
            {
                RecordContentOfProbe(permit, now, isLate);
            }
            else
            {
                CountCall(before, now, isLate);
            }

            NoticeSlowCalls(now, hasNew: isLate);
        }

        DeliverTransitions();
    }

    private void RecordContentOfProbe(in CircuitPermit permit, long now, bool isLate)
    {
        if (permit.ProbeId != _probeId)
        {
            return;
        }

        if (isLate)
        {
            FailSlowProbe(now);
            return;
        }

        RenewProbe(now);
        if (_options.ProbeSucceedsAfter >= TimeSpan.Zero
            && _timeProvider.GetElapsedTime(permit.FirstContentAt, now) >= _options.ProbeSucceedsAfter)
        {
            RecordProbe(permit, CircuitOutcome.Success, now, isLate: false);
        }
    }

    /// <summary>Counts a call, unless it was counted already: by its content, or when it was found to be slow.</summary>
    private void CountCall(in CircuitPermit permit, long now, bool isLate)
    {
        if (isLate)
        {
            CountSlow(permit.Pending!, now);
        }
        else if (permit is { HasContent: false, Pending: not { IsSlow: true } })
        {
            _window.AddCall(now);
        }
    }

    private void RecordCall(in CircuitPermit permit, CircuitOutcome outcome, long now, bool isLate)
    {
        // A caller that goes away says nothing, but that nothing had come for too long is said before.
        if (outcome != CircuitOutcome.Neutral || isLate)
        {
            CountCall(permit, now, isLate);
        }

        if (outcome == CircuitOutcome.Neutral)
        {
            return;
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

    private void RecordProbe(in CircuitPermit permit, CircuitOutcome outcome, long now, bool isLate)
    {
        if (permit.ProbeId != _probeId)
        {
            return;
        }

        if (isLate && outcome != CircuitOutcome.Failure)
        {
            FailSlowProbe(now);
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
