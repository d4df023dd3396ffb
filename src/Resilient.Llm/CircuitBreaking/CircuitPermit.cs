namespace Resilient.Llm.CircuitBreaking;

/// <summary>The permission to make one call, with the generation in which it was given.</summary>
/// <remarks>
/// The default value belongs to no generation: what is recorded with it is dropped. A permit is recorded once, at the end of its call.
/// </remarks>
internal readonly record struct CircuitPermit
{
    internal CircuitPermit(long generation, long probeId)
    {
        Generation = generation;
        ProbeId = probeId;
        SlowAt = long.MaxValue;
    }

    /// <summary>Whether the call is the one that finds out whether the endpoint is back. Never hedge it.</summary>
    public bool IsProbe => ProbeId != 0;

    /// <summary>Whether content has come, so that the call is among the counted ones already.</summary>
    public bool HasContent { get; internal init; }

    /// <summary>The generation, between two transitions, in which the permit was given.</summary>
    internal long Generation { get; }

    /// <summary>Which lease of the probe permit this is; zero when the call is no probe.</summary>
    internal long ProbeId { get; }

    /// <summary>The watch over the call for slowness; null when it is not watched, and once content has come.</summary>
    internal PendingCall? Pending { get; init; }

    /// <summary>Timestamp from which on the call is slow, whether or not that is counted; <see cref="long.MaxValue"/>: never.</summary>
    internal long SlowAt { get; init; }

    /// <summary>Timestamp of the first content.</summary>
    internal long FirstContentAt { get; init; }
}
