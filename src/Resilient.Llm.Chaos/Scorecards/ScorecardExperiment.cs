namespace Resilient.Llm.Chaos;

/// <summary>What went wrong on purpose, and what came of it.</summary>
public sealed record ScorecardExperiment
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it did, to which calls.</summary>
    public required string What { get; init; }

    /// <summary>When it began.</summary>
    public required TimeSpan StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public required TimeSpan EndedAt { get; init; }

    /// <summary>What ended it: "Expired" its time, "Stopped" the end of the game day or a person, "GuardTripped" or "Killed".</summary>
    public required string EndedBy { get; init; }

    /// <summary>To how many calls it did something.</summary>
    public required long Injected { get; init; }

    /// <summary>The endpoints within its blast radius that were called at all during the game day.</summary>
    public required IReadOnlyList<string> Affected { get; init; }

    /// <summary>
    /// From its beginning to the first sign that the ladder knew: a circuit of an affected endpoint opened; a request passed an affected endpoint over as unavailable; or a request was asked that
    /// called none of them, where in the steady state before the first experiment every request called one.
    /// </summary>
    /// <value>Null: there was none before its end, as when calls only take longer than usual, or when it affected no endpoint.</value>
    public TimeSpan? TimeToDetect { get; init; }

    /// <summary>What that sign was; null: there was none.</summary>
    public string? DetectedBy { get; init; }

    /// <summary>
    /// From its end until all was as before: every affected endpoint that had answered in the steady state before the first experiment had begun to answer a request again (where none had: any of them), and the last request had been
    /// asked that was not answered, or not as soon as the hypothesis says.
    /// </summary>
    /// <value>Null: that did not come about before the next experiment or the end of the game day, or it affected no endpoint.</value>
    public TimeSpan? TimeToRecover { get; init; }

    /// <summary>The load on the failing endpoints; null: it affected none, or there was no steady state to compare with.</summary>
    public ScorecardExtraLoad? ExtraLoad { get; init; }
}

/// <summary>How many calls the affected endpoints got during an experiment, and how many they would have got without it.</summary>
/// <param name="Calls">The calls they got.</param>
/// <param name="Expected">The calls they would have got: those of the steady state before the first experiment for each request, times the requests asked during the experiment.</param>
/// <param name="PeakPerSecond">The most calls that they got in any one second of it: an outage must not be met with a storm.</param>
/// <param name="ExpectedPerSecond">The expected calls for each second.</param>
public sealed record ScorecardExtraLoad(int Calls, double Expected, int PeakPerSecond, double ExpectedPerSecond)
{
    /// <summary>The calls beyond those expected; below zero: the ladder left them in peace.</summary>
    public double Extra => Calls - Expected;
}
