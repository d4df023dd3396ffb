namespace Resilient.Llm.CircuitBreaking;

/// <summary>Leave to make one call, and the memory of when it was given.</summary>
/// <remarks>
/// The default value belongs to no generation: whatever is recorded with it is dropped. A permit is recorded once, at the end of its call.
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

    /// <summary>Which stretch between two transitions the permit was given in.</summary>
    internal long Generation { get; }

    /// <summary>Which lease of the probe permit this is; zero when the call is no probe.</summary>
    internal long ProbeId { get; }

    /// <summary>The call's place among those that are watched for slowness; null when nobody watches, and once content has come.</summary>
    internal PendingCall? Pending { get; init; }

    /// <summary>Timestamp from which on the call is slow, whether or not that counts for anything; <see cref="long.MaxValue"/>: never.</summary>
    internal long SlowAt { get; init; }

    /// <summary>Timestamp of the first content.</summary>
    internal long FirstContentAt { get; init; }
}
