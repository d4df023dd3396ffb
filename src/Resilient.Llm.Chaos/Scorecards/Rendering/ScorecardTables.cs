using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>A table of a scorecard, before it is rendered. Columns that begin with '#' hold numbers.</summary>
internal sealed record ScorecardTable(string Title, string[] Columns, IReadOnlyList<string[]> Rows);

/// <summary>The tables of a scorecard, for Markdown and HTML.</summary>
internal static class ScorecardTables
{
    /// <summary>A column of time ranges, which must not wrap.</summary>
    public const string When = "When";

    public static ScorecardTable Hypothesis(Scorecard card) => new(
        "Hypothesis", ["What", "Expected", "Was", "Held", "Note"],
        [.. card.Checks.Select(
            static check => new[] { check.What, check.Expected, check.Actual, check.Held ? "yes" : "NO", check.Note ?? "" })]);

    public static ScorecardTable Experiments(Scorecard card) => new(
        "Experiments",
        ["#No.", "Experiment", "What", When, "#Calls hit", "Time to detect", "Time to recover", "Extra load on the failing provider"],
        [.. card.Experiments.Select(static (experiment, i) => new[]
        {
            ScorecardText.N(i + 1),
            experiment.Name,
            experiment.What,
            $"{GameDayText.Of(experiment.StartedAt)} – {GameDayText.Of(experiment.EndedAt)}"
            + $"{(experiment.EndedBy == nameof(ChaosLogAction.Expired) ? "" : $" ({experiment.EndedBy})")}",
            ScorecardText.N(experiment.Injected),
            ScorecardText.Detection(experiment),
            ScorecardText.Recovery(experiment),
            ScorecardText.Load(experiment.ExtraLoad),
        })]);

    public static ScorecardTable Steps(Scorecard card) => new(
        "Who answered", ["Rung", "#Requests", "#Share"],
        [
            .. card.Steps.Select(static step => new[] { step.Name, ScorecardText.N(step.Count), GameDayText.Share(step.Share) }),
            .. card.Failures.Select(
                static failure => new[] { $"nobody: {failure.Name}", ScorecardText.N(failure.Count), GameDayText.Share(failure.Share) }),
        ]);

    public static ScorecardTable Times(Scorecard card) => new(
        "Time to first content", ["Requests", "#p50", "#p95", "#p99", "#Longest"],
        [
            ["all", .. ScorecardText.Cells(card.FirstContent)],
            ["streams", .. ScorecardText.Cells(card.FirstContentOfStreams)],
            ["plain answers", .. ScorecardText.Cells(card.FirstContentOfPlainAnswers)],
        ]);

    public static ScorecardTable Endpoints(Scorecard card) => new(
        "Calls per endpoint", ["Endpoint", "Where", "#Calls", "#Hit by an experiment"],
        [.. card.Endpoints.Select(static endpoint => new[]
        {
            endpoint.Name,
            string.Join(", ", new[] { endpoint.Region, endpoint.Geography }.OfType<string>()),
            ScorecardText.N(endpoint.Calls),
            ScorecardText.N(endpoint.Injected),
        })]);

    public static ScorecardTable Phases(Scorecard card) => new(
        "Phase by phase", ["Phase", When, "#Requests", "#Answered", "#p50", "#p99", "Who answered"],
        [.. card.Phases.Select(static phase => new[]
        {
            phase.Name,
            $"{GameDayText.Of(phase.From)} – {GameDayText.Of(phase.To)}",
            ScorecardText.N(phase.Asked),
            phase.Asked == 0 ? "–" : GameDayText.Share((double)phase.Answered / phase.Asked),
            GameDayText.Of(phase.FirstContent.P50),
            GameDayText.Of(phase.FirstContent.P99),
            ScorecardText.Steps(phase.Steps),
        })]);

    /// <summary>Explains the terms in the rows above, for readers without the documentation.</summary>
    public static ScorecardTable Terms(Scorecard card) => new(
        "What the figures mean", ["Figure", "Meaning"],
        [
            ["answered", "whole, by whatever rung: a model, a stored answer or the last resort. A stream that broke off is not."],
            ["first content",
                "from asking to the first content of a stream, or to a plain answer. What failed has no time, and is counted instead."],
            ["p50, p95, p99", "half, 95 % and 99 % of those requests took no longer. Of few requests, p99 is the slowest."],
            ["residency violations",
                "questions bound to a geography that were on their way out of it, seen directly before the provider's client."],
            .. card.Experiments.Count == 0 ? Array.Empty<string[]>() :
            [
                ["calls hit", "calls to which the experiment did something. Retries, hedges and probes are calls of their own."],
                ["time to detect",
                    "from an experiment's beginning until the ladder acted on it: a circuit opened, or requests went past the endpoint. "
                    + "Not noticed: not before its end."],
                ["time to recover",
                    "from its end until every affected endpoint answers again and no request fails or comes late. "
                    + "Not seen: not before the next experiment, or the end."],
                ["extra load",
                    "calls to the affected endpoints while it ran, beyond what is usual for so many requests. "
                    + "Below zero, the ladder spared them. Peak: the most in a second."],
            ],
        ]);

    public static ScorecardTable Violations(Scorecard card) => new(
        "Residency violations", ["On its way to", "Which lies in", "Bound to", "#Times"],
        [.. card.Residency.Violations.Select(
            static one => new[] { one.Place, one.Geography ?? "(undeclared)", one.Bound, ScorecardText.N(one.Count) })]);
}
