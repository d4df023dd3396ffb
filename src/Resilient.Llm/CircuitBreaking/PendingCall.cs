namespace Resilient.Llm.CircuitBreaking;

/// <summary>One call that has shown nothing yet, and when it becomes slow. A link of <see cref="PendingCalls"/>.</summary>
/// <remarks>Guarded by the breaker's lock once it is in the list.</remarks>
internal sealed class PendingCall(long due, long probeId, bool isStreaming)
{
    /// <summary>Timestamp from which on the call is slow. Put off where it is listed behind a call that becomes slow later.</summary>
    public long Due { get; set; } = due;

    /// <summary>The probe's lease, zero for an ordinary call.</summary>
    public long ProbeId { get; } = probeId;

    public bool IsStreaming { get; } = isStreaming;

    /// <summary>Whether it was found to be slow, and so was counted as a call.</summary>
    public bool IsSlow { get; set; }

    public bool IsListed { get; set; }

    public PendingCall? Previous { get; set; }

    public PendingCall? Next { get; set; }
}
