using System.Text.Json;
using Resilient.Llm.Chaos.Scorecards;

namespace Resilient.Llm.Chaos;

/// <summary>The results of a game day.</summary>
/// <remarks>
/// Immutable, without chat content. Rendering needs no reflection. Times of day are UTC, all others count from the beginning. Percentiles
/// are by nearest rank, over the requests with any content. docs/chaos.md defines every figure.
/// </remarks>
public sealed record Scorecard
{
    /// <summary>Gets the scenario's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the scenario's description, if any.</summary>
    public string? Description { get; init; }

    /// <summary>Gets when it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long requests were sent.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets whether the hypothesis held.</summary>
    public required GameDayVerdict Verdict { get; init; }

    /// <summary>Gets why it was stopped early, if it was.</summary>
    public string? AbortReason { get; init; }

    /// <summary>Gets the exit code for CI: 0 held, 1 not held, 3 aborted. (2 is for programs with invalid input.)</summary>
    public int ExitCode => Verdict switch
    {
        GameDayVerdict.Held => 0,
        GameDayVerdict.NotHeld => 1,
        _ => 3,
    };

    /// <summary>Gets the checks of the hypothesis.</summary>
    public required IReadOnlyList<ScorecardCheck> Checks { get; init; }

    /// <summary>Gets the outcomes of the requests.</summary>
    public required ScorecardRequests Requests { get; init; }

    /// <summary>Gets the answers by step: model names, "cache", "last-resort".</summary>
    public required IReadOnlyList<ScorecardCount> Steps { get; init; }

    /// <summary>Gets the failures by kind.</summary>
    public required IReadOnlyList<ScorecardCount> Failures { get; init; }

    /// <summary>Gets the times to first content of streams, and to plain answers.</summary>
    public required ScorecardLatency FirstContent { get; init; }

    /// <summary>Gets the times to first content of streams only.</summary>
    public required ScorecardLatency FirstContentOfStreams { get; init; }

    /// <summary>Gets the times to plain answers only.</summary>
    public required ScorecardLatency FirstContentOfPlainAnswers { get; init; }

    /// <summary>Gets the calls by endpoint.</summary>
    public required IReadOnlyList<ScorecardEndpoint> Endpoints { get; init; }

    /// <summary>Gets the experiments and their effects.</summary>
    public required IReadOnlyList<ScorecardExperiment> Experiments { get; init; }

    /// <summary>Gets the phases, divided where experiments start and end.</summary>
    public required IReadOnlyList<ScorecardPhase> Phases { get; init; }

    /// <summary>Gets whether bound questions stayed within their geographies.</summary>
    public required ScorecardResidency Residency { get; init; }

    /// <summary>Gets the interval between the points of <see cref="Series"/>.</summary>
    public required TimeSpan SeriesStep { get; init; }

    /// <summary>Gets the course over time, for charts.</summary>
    public required IReadOnlyList<ScorecardPoint> Series { get; init; }

    /// <summary>Returns the scorecard as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ScorecardJsonContext.Default.Scorecard);

    /// <summary>Reads the output of <see cref="ToJson"/>.</summary>
    /// <param name="json">The JSON text.</param>
    /// <exception cref="JsonException">The text is not a scorecard.</exception>
    public static Scorecard FromJson(string json) =>
        JsonSerializer.Deserialize(json, ScorecardJsonContext.Default.Scorecard) ?? throw new JsonException("The scorecard is null.");

    /// <summary>Returns the scorecard as Markdown, for a pull request or a wiki.</summary>
    public string ToMarkdown() => ScorecardMarkdown.Write(this);

    /// <summary>Returns the scorecard as one HTML file with charts, without scripts or external resources.</summary>
    public string ToHtml() => ScorecardHtml.Write(this);
}

/// <summary>The verdict of a game day.</summary>
public enum GameDayVerdict
{
    /// <summary>All expectations held.</summary>
    Held = 0,

    /// <summary>An expectation did not hold.</summary>
    NotHeld,

    /// <summary>It was stopped early, without a verdict.</summary>
    Aborted,
}
