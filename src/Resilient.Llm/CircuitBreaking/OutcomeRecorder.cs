using Polly.CircuitBreaker;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Counts the outcomes of calls and changes the circuit's state accordingly.</summary>
/// <remarks>
/// Guarded by the breaker's lock. Implements the tables in the remarks of <see cref="CircuitBreaker"/>. A slow call counts as a call once:
/// when it is found to be slow, or with its content or end.
/// </remarks>
internal sealed class OutcomeRecorder(
    ChatCircuitBreakerOptions options,
    TimeProvider timeProvider,
    CircuitStateMachine machine,
    ProbeLease probe,
    OutcomeCounter counter,
    SlowCallWatch? slowCalls)
{
    /// <summary>Records the end of a call. The outcome of a stale permit is dropped.</summary>
    public void RecordEnd(in CircuitPermit permit, CircuitOutcome outcome, long now)
    {
        if (!machine.IsCurrent(permit))
        {
            return;
        }

        if (outcome == CircuitOutcome.Refused && !machine.Epoch.IsForRefusals)
        {
            outcome = CircuitOutcome.Neutral;
        }

        // Only closed and half-open generations give permits, and only half-open ones give probes.
        var isLate = EndsLate(permit, now);
        if (permit.IsProbe)
        {
            RecordEndOfProbe(permit, outcome, now, isLate);
        }
        else
        {
            RecordEndOfCall(permit, outcome, now, isLate);
        }

        NoticeSlowCalls(now, hasNew: isLate);
    }

    /// <summary>Records content of a stream, with the permit as it was before the content.</summary>
    public void RecordContent(in CircuitPermit permit, long firstContentAt, long now)
    {
        if (!machine.IsCurrent(permit))
        {
            return;
        }

        var isLate = EndsLate(permit, now);
        if (permit.IsProbe)
        {
            RecordContentOfProbe(permit, firstContentAt, now, isLate);
        }
        else
        {
            CountCall(permit, now, isLate);
        }

        NoticeSlowCalls(now, hasNew: isLate);
    }

    /// <summary>Watches a call for slowness. False when its slowness would not count.</summary>
    public bool TryWatch(in CircuitPermit permit, PendingCall call)
    {
        // Slowness of a call that entered a circuit open for slowness says nothing new.
        var counts = permit.IsProbe ? probe.IsHeldBy(permit.ProbeId) : machine.Epoch.State == CircuitState.Closed;
        if (!counts || !machine.IsCurrent(permit))
        {
            return false;
        }

        slowCalls!.Begin(call);
        return true;
    }

    /// <summary>Counts pending calls that have become slow, and opens the circuit if they, or one just counted, suffice.</summary>
    public void NoticeSlowCalls(long now, bool hasNew)
    {
        while (slowCalls?.TakeDue(now) is { } call)
        {
            if (call.ProbeId == 0)
            {
                CountSlowCall(call, now);
                hasNew = true;
            }
            else if (probe.IsHeldBy(call.ProbeId))
            {
                FailSlowProbe(now);
            }
        }

        if (hasNew && machine.Epoch.State == CircuitState.Closed && counter.IsTrippedBySlowCalls(now))
        {
            machine.Open(CircuitTransitionReason.SlowCalls, now, isForSlowness: true);
        }
    }

    /// <summary>Ends the watch. True when the call is found to be slow only now.</summary>
    private bool EndsLate(in CircuitPermit permit, long now) => permit.Pending is { } call && slowCalls!.EndsLate(call, now);

    private void RecordEndOfCall(in CircuitPermit permit, CircuitOutcome outcome, long now, bool isLate)
    {
        // A cancellation says nothing about the endpoint, unless the call was slow before it.
        if (outcome != CircuitOutcome.Neutral || isLate)
        {
            CountCall(permit, now, isLate);
        }

        if (outcome == CircuitOutcome.Success)
        {
            counter.EndRowOfFailures();
        }
        else if (outcome == CircuitOutcome.Failure && counter.AddFailure(now) is { } reason)
        {
            machine.Open(reason, now);
        }
    }

    private void RecordEndOfProbe(in CircuitPermit permit, CircuitOutcome outcome, long now, bool isLate)
    {
        if (!probe.IsHeldBy(permit.ProbeId))
        {
            return;
        }

        if (isLate && outcome is not (CircuitOutcome.Failure or CircuitOutcome.Refused))
        {
            FailSlowProbe(now);
            return;
        }

        probe.Release();
        if (outcome is CircuitOutcome.Failure or CircuitOutcome.Refused)
        {
            machine.Open(CircuitTransitionReason.ProbeFailed, now, isForRefusals: outcome == CircuitOutcome.Refused);
        }
        else if (outcome == CircuitOutcome.Success && probe.CountSuccess() >= options.SuccessesToClose)
        {
            machine.MoveTo(CircuitState.Closed, CircuitTransitionReason.ProbeSucceeded);
        }
    }

    private void RecordContentOfProbe(in CircuitPermit permit, long firstContentAt, long now, bool isLate)
    {
        if (!probe.IsHeldBy(permit.ProbeId))
        {
            return;
        }

        if (isLate)
        {
            FailSlowProbe(now);
            return;
        }

        probe.Renew(now);
        if (options.ProbeSucceedsAfter >= TimeSpan.Zero && timeProvider.GetElapsedTime(firstContentAt, now) >= options.ProbeSucceedsAfter)
        {
            RecordEndOfProbe(permit, CircuitOutcome.Success, now, isLate: false);
        }
    }

    /// <summary>Counts a call, unless its content or its slowness was counted already.</summary>
    private void CountCall(in CircuitPermit permit, long now, bool isLate)
    {
        if (isLate)
        {
            CountSlowCall(permit.Pending!, now);
        }
        else if (permit is { HasContent: false, Pending: not { IsSlow: true } })
        {
            counter.AddCall(now);
        }
    }

    private void CountSlowCall(PendingCall call, long now)
    {
        call.IsSlow = true;
        counter.AddSlowCall(now);
    }

    /// <summary>Handles a late probe, which has shown that the endpoint is available but slow.</summary>
    private void FailSlowProbe(long now)
    {
        probe.Release();
        machine.Open(CircuitTransitionReason.ProbeFailed, now, isForSlowness: true);
    }
}
