namespace Resilient.Llm.Chaos;

/// <summary>An experiment and its effects.</summary>
public sealed record ScorecardExperiment
{
    /// <summary>Gets its name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the fault and its target.</summary>
    public required string What { get; init; }

    /// <summary>Gets when it started.</summary>
    public required TimeSpan StartedAt { get; init; }

    /// <summary>Gets when it ended.</summary>
    public required TimeSpan EndedAt { get; init; }

    /// <summary>Gets how it ended: "Expired", "Stopped" by a person or the end of the game day, "GuardTripped" or "Killed".</summary>
    public required string EndedBy { get; init; }

    /// <summary>Gets how many calls it hit.</summary>
    public required long Injected { get; init; }

    /// <summary>Gets the endpoints within its blast radius that were called during the game day.</summary>
    public required IReadOnlyList<string> Affected { get; init; }

    /// <summary>
    /// Gets the time from its start until the client reacted: a circuit of an affected endpoint opened, a request skipped such an endpoint
    /// as unavailable, or a request called none of them although all requests had before the first experiment.
    /// </summary>
    /// <value>Null if the client did not react before its end, for example to higher latency, or if no endpoint was affected.</value>
    public TimeSpan? TimeToDetect { get; init; }

    /// <summary>Gets what the reaction was; null if there was none.</summary>
    public string? DetectedBy { get; init; }

    /// <summary>
    /// Gets the time from its end until every affected endpoint that had answered before the first experiment (if none had, any of them)
    /// answers again, and the last failed or late request was sent. Late means later than the hypothesis allows.
    /// </summary>
    /// <value>Null if there was no recovery before the next experiment or the end of the game day, or if no endpoint was affected.</value>
    public TimeSpan? TimeToRecover { get; init; }

    /// <summary>Gets the load on the affected endpoints; null if there are none, or no steady state to compare with.</summary>
    public ScorecardExtraLoad? ExtraLoad { get; init; }
}

/// <summary>The calls to the affected endpoints during an experiment, compared with those expected without it.</summary>
/// <param name="Calls">The actual calls.</param>
/// <param name="Expected">The steady state's calls per request (before the first experiment), times the requests.</param>
/// <param name="PeakPerSecond">The most calls in any one second. A high peak is a retry storm.</param>
/// <param name="ExpectedPerSecond">The expected calls per second.</param>
public sealed record ScorecardExtraLoad(int Calls, double Expected, int PeakPerSecond, double ExpectedPerSecond)
{
    /// <summary>Gets the additional calls. Negative if the client sent fewer than expected.</summary>
    public double Extra => Calls - Expected;
}
