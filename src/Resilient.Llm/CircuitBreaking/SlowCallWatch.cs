namespace Resilient.Llm.CircuitBreaking;

/// <summary>Watches pending calls for slowness without a timer: every use of the circuit looks for slow calls.</summary>
/// <remarks>Guarded by the breaker's lock, except <see cref="NextDue"/> and <see cref="Create"/>.</remarks>
internal sealed class SlowCallWatch(SlowCallBound bound)
{
    private readonly PendingCalls _pending = new();

    public long NextDue => _pending.NextDue;

    /// <summary>Creates a call to watch, with the current bound; null where no bound is known yet.</summary>
    public PendingCall? Create(long startedAt, long probeId, bool isStreaming)
    {
        var slowAfter = bound.For(isStreaming);
        return slowAfter == long.MaxValue ? null
            : new(startedAt > long.MaxValue - slowAfter ? long.MaxValue : startedAt + slowAfter, probeId, isStreaming);
    }

    public void Begin(PendingCall call) => _pending.Add(call);

    /// <summary>Ends the watch. True when the call is found to be slow only now.</summary>
    public bool EndsLate(PendingCall call, long now) => _pending.Remove(call) && call.Due <= now;

    /// <summary>Ends the watch over the first call that is slow by now, and returns it; null when none is.</summary>
    public PendingCall? TakeDue(long now) => _pending.TakeDue(now);

    public void Clear() => _pending.Clear();
}
