namespace Resilient.Llm.CircuitBreaking;

/// <summary>A call without content yet, and when it becomes slow. A link of <see cref="PendingCalls"/>.</summary>
/// <remarks>Guarded by the breaker's lock once it is in the list.</remarks>
internal sealed class PendingCall(long due, long probeId, bool isStreaming)
{
    /// <summary>Timestamp from which the call is slow. Raised to that of the call before it in the list.</summary>
    public long Due { get; set; } = due;

    /// <summary>The probe's lease; zero for an ordinary call.</summary>
    public long ProbeId { get; } = probeId;

    public bool IsStreaming { get; } = isStreaming;

    /// <summary>Whether it was found to be slow, and so was counted as a call.</summary>
    public bool IsSlow { get; set; }

    public bool IsListed { get; set; }

    public PendingCall? Previous { get; set; }

    public PendingCall? Next { get; set; }
}
