using System.Text.Json;
using Resilient.Llm.Chaos.Scorecards;

namespace Resilient.Llm.Chaos;

/// <summary>What a game day showed.</summary>
/// <remarks>
/// Plain data without content, immutable; <see cref="ToJson"/>, <see cref="ToMarkdown"/> and <see cref="ToHtml"/> need no reflection. Times of day are UTC, all others count from the beginning. Percentiles are by nearest rank, over
/// the requests that got any content: those that failed are counted, and have no time. docs/chaos.md defines every figure.
/// </remarks>
public sealed record Scorecard
{
    /// <summary>The scenario's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it was to show; null: it does not say.</summary>
    public string? Description { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long requests were asked.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Whether the hypothesis held.</summary>
    public required GameDayVerdict Verdict { get; init; }

    /// <summary>Why it was stopped early; null: it was not.</summary>
    public string? AbortReason { get; init; }

    /// <summary>For a continuous integration: 0 held, 1 not held, 3 aborted. (2 is for programs whose input is wrong.)</summary>
    public int ExitCode => Verdict switch
    {
        GameDayVerdict.Held => 0,
        GameDayVerdict.NotHeld => 1,
        _ => 3,
    };

    /// <summary>The hypothesis, part by part.</summary>
    public required IReadOnlyList<ScorecardCheck> Checks { get; init; }

    /// <summary>What became of the requests.</summary>
    public required ScorecardRequests Requests { get; init; }

    /// <summary>Who answered how many: models by name, "cache", "last-resort".</summary>
    public required IReadOnlyList<ScorecardCount> Steps { get; init; }

    /// <summary>Why requests were not answered, by kind.</summary>
    public required IReadOnlyList<ScorecardCount> Failures { get; init; }

    /// <summary>The time to the first content of streams, or to the plain answer.</summary>
    public required ScorecardLatency FirstContent { get; init; }

    /// <summary>The same of streams alone.</summary>
    public required ScorecardLatency FirstContentOfStreams { get; init; }

    /// <summary>The same of plain answers alone.</summary>
    public required ScorecardLatency FirstContentOfPlainAnswers { get; init; }

    /// <summary>The calls that went out, by endpoint.</summary>
    public required IReadOnlyList<ScorecardEndpoint> Endpoints { get; init; }

    /// <summary>What went wrong on purpose, and what came of it.</summary>
    public required IReadOnlyList<ScorecardExperiment> Experiments { get; init; }

    /// <summary>The stretches between which the set of running experiments changed.</summary>
    public required IReadOnlyList<ScorecardPhase> Phases { get; init; }

    /// <summary>Whether bound questions stayed where they may be.</summary>
    public required ScorecardResidency Residency { get; init; }

    /// <summary>How long a point of <see cref="Series"/> is.</summary>
    public required TimeSpan SeriesStep { get; init; }

    /// <summary>The course of it, for charts.</summary>
    public required IReadOnlyList<ScorecardPoint> Series { get; init; }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ScorecardJsonContext.Default.Scorecard);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The JSON.</param>
    /// <exception cref="JsonException">It is no scorecard.</exception>
    public static Scorecard FromJson(string json) =>
        JsonSerializer.Deserialize(json, ScorecardJsonContext.Default.Scorecard) ?? throw new JsonException("The scorecard is null.");

    /// <summary>As Markdown, for a pull request or a wiki.</summary>
    public string ToMarkdown() => ScorecardMarkdown.Write(this);

    /// <summary>As one HTML file with charts: no scripts, no other files, light and dark.</summary>
    public string ToHtml() => ScorecardHtml.Write(this);
}

/// <summary>How a game day ended.</summary>
public enum GameDayVerdict
{
    /// <summary>Everything that was expected held.</summary>
    Held = 0,

    /// <summary>Something did not.</summary>
    NotHeld,

    /// <summary>It was stopped early: nothing is decided.</summary>
    Aborted,
}
