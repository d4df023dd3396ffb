using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm;

/// <content>Calls that take too long, noticed while they still do: by whoever comes along, without a timer.</content>
public sealed partial class CircuitBreaker
{
    /// <summary>Timestamp at which the first of the calls that are watched becomes slow; <see cref="long.MaxValue"/> when none is watched.</summary>
    internal long NextSlowCall => _pending?.NextDue ?? long.MaxValue;

    /// <summary>Watches a call for slowness from now on. For calls that did not end at once; does nothing where no call is ever slow.</summary>
    /// <param name="permit">The call's permit, which remembers the watch and the bound: record the call's content and end with it.</param>
    /// <param name="startedAt">Timestamp of the call's beginning.</param>
    /// <param name="isStreaming">Whether the call is a stream.</param>
    internal void Watch(ref CircuitPermit permit, long startedAt, bool isStreaming)
    {
        if (_pending is null || _slowCalls!.For(isStreaming) is not (< long.MaxValue and var slowAfter))
        {
            return;
        }

        var call = new PendingCall(startedAt > long.MaxValue - slowAfter ? long.MaxValue : startedAt + slowAfter, permit.ProbeId, isStreaming);
        lock (_lock)
        {
            // A call that was let into a circuit open for slowness has nothing to tell by being slow.
            var isOfInterest = permit.IsProbe ? permit.ProbeId == _probeId : StateOf(_epoch) == CircuitState.Closed;
            if (isOfInterest && permit.Generation == GenerationOf(_epoch))
            {
                _pending.Add(call);
                permit = permit with { Pending = call };
            }
        }

        permit = permit with { SlowAt = call.Due };
    }

    /// <summary>Notices calls that have become slow. One read where nothing is pending, one more of the clock where something is.</summary>
    private void NoticeSlowCalls()
    {
        if (_pending is { NextDue: not long.MaxValue } pending && _timeProvider.GetTimestamp() >= pending.NextDue)
        {
            lock (_lock)
            {
                NoticeSlowCalls(_timeProvider.GetTimestamp(), hasNew: false);
            }

            DeliverTransitions();
        }
    }

    /// <summary>The same under the lock.</summary>
    /// <param name="now">The time.</param>
    /// <param name="hasNew">Whether a slow call has been counted since somebody last asked whether they suffice.</param>
    private void NoticeSlowCalls(long now, bool hasNew)
    {
        while (_pending?.TakeDue(now) is { } call)
        {
            if (call.ProbeId == 0)
            {
                CountSlow(call, now);
                hasNew = true;
            }
            else if (call.ProbeId == _probeId)
            {
                FailSlowProbe(now);
            }
        }

        if (hasNew && StateOf(_epoch) == CircuitState.Closed && _window.IsTrippedBySlow(now, _options.SlowCallRatio))
        {
            Open(CircuitTransitionReason.SlowCalls, now, isForSlowness: true);
        }
    }

    /// <summary>Ends the watch over a call. True when it turns out only now to have been slow.</summary>
    private bool EndsWatchLate(in CircuitPermit permit, long now) =>
        permit.Pending is { } call && _pending!.Remove(call) && call.Due <= now;

    private void CountSlow(PendingCall call, long now)
    {
        call.IsSlow = true;
        _window.AddCall(now);
        _window.AddSlow(now);
    }

    /// <summary>A probe that is late has proved that the endpoint is there, and slow.</summary>
    private void FailSlowProbe(long now)
    {
        EndProbe();
        Open(CircuitTransitionReason.ProbeFailed, now, isForSlowness: true);
    }
}
