namespace Resilient.Llm.CircuitBreaking;

/// <summary>The permission to make one call, with the generation in which it was given.</summary>
/// <remarks>Recorded once, at the end of its call. The default value belongs to no generation: its outcomes are dropped.</remarks>
internal readonly record struct CircuitPermit
{
    internal CircuitPermit(long generation, long probeId)
    {
        Generation = generation;
        ProbeId = probeId;
        SlowAt = long.MaxValue;
    }

    /// <summary>Whether the call tests whether the endpoint has recovered. Such a call is never hedged.</summary>
    public bool IsProbe => ProbeId != 0;

    /// <summary>Whether content has arrived, so that the call is counted already.</summary>
    public bool HasContent { get; internal init; }

    internal long Generation { get; }

    /// <summary>The lease of the probe permit; zero when the call is no probe.</summary>
    internal long ProbeId { get; }

    /// <summary>The watch for slowness; null when the call is not watched, and after the first content.</summary>
    internal PendingCall? Pending { get; init; }

    /// <summary>Timestamp from which the call is slow, whether or not that is counted; <see cref="long.MaxValue"/>: never.</summary>
    internal long SlowAt { get; init; }

    /// <summary>Timestamp of the first content.</summary>
    internal long FirstContentAt { get; init; }
}
