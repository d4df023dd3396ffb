using Polly.CircuitBreaker;

namespace Resilient.Llm.Tests;

/// <content>The table of slow calls.</content>
internal sealed partial class CircuitReferenceModel
{
    public void Watch(Permit permit)
    {
        if (options.SlowCallDuration is { } slowAfter && (permit.IsProbe || _state == CircuitState.Closed))
        {
            permit.SlowAt = Now + slowAfter.Ticks;
            _watched.Add(permit);
        }
    }

    private bool EndsWatchLate(Permit permit) => _watched.Remove(permit) && permit.SlowAt <= Now;

    private void Notice(bool hasNew = false)
    {
        foreach (var call in _watched.Where(c => c.SlowAt <= Now).ToArray())
        {
            _watched.Remove(call);
            if (!call.IsProbe)
            {
                CountCall(call, isLate: true);
                hasNew = true;
            }
            else if (IsAlive(call))
            {
                FailSlowProbe();
            }
        }

        if (hasNew && _state == CircuitState.Closed
            && InFiftieths(_slow) >= options.FailureThreshold
            && InFiftieths(_slow) >= options.SlowCallRatio * InFiftieths(_calls))
        {
            Open(CircuitTransitionReason.SlowCalls, isForSlowness: true);
        }
    }

    private void CountCall(Permit permit, bool isLate)
    {
        if (isLate)
        {
            permit.IsSlow = true;
            _slow.Add(Now);
            _calls.Add(Now);
        }
        else if (!permit.IsSlow)
        {
            _calls.Add(Now);
        }
    }

    private void FailSlowProbe()
    {
        _probe = null;
        Open(CircuitTransitionReason.ProbeFailed, isForSlowness: true);
    }
}
