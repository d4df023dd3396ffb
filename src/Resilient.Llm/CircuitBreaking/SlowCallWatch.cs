namespace Resilient.Llm.CircuitBreaking;

/// <summary>Watches pending calls for slowness, without a timer: every use of the circuit looks for calls that have become slow.</summary>
/// <remarks>Guarded by the breaker's lock, except <see cref="NextDue"/> and <see cref="Create"/>.</remarks>
internal sealed class SlowCallWatch(SlowCallBound bound)
{
    private readonly PendingCalls _pending = new();

    /// <summary>Timestamp at which the first of the watched calls becomes slow; <see cref="long.MaxValue"/> when none is watched.</summary>
    public long NextDue => _pending.NextDue;

    /// <summary>A call to watch, with the bound that holds now; null where no bound is known yet.</summary>
    public PendingCall? Create(long startedAt, long probeId, bool isStreaming)
    {
        var slowAfter = bound.For(isStreaming);
        return slowAfter == long.MaxValue ? null
            : new(startedAt > long.MaxValue - slowAfter ? long.MaxValue : startedAt + slowAfter, probeId, isStreaming);
    }

    public void Begin(PendingCall call) => _pending.Add(call);

    /// <summary>Ends the watch over a call.</summary>
    /// <returns>Whether the call turns out only now to have been slow.</returns>
    public bool EndsLate(PendingCall call, long now) => _pending.Remove(call) && call.Due <= now;

    /// <summary>Ends the watch over the first call that is slow by now, and returns it; null when none is.</summary>
    public PendingCall? TakeDue(long now) => _pending.TakeDue(now);

    public void Clear() => _pending.Clear();
}
