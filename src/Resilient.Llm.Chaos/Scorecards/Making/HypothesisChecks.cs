using System.Globalization;
using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Checks each part of the hypothesis.</summary>
internal static class HypothesisChecks
{
    public static ScorecardCheck[] Of(GameDayRecord record, GameDayOutcome[] outcomes, ScorecardRequests requests)
    {
        var it = record.Scenario.Hypothesis;
        ScorecardCheck?[] checks =
        [
            AtLeast("answered", it.Answered, requests.Answered, requests.Asked),
            it.AnsweredWithin is { } within
                ? AtLeast(
                    $"answered within {GameDayText.Of(within.Time)}", within.Share,
                    outcomes.Count(one => IsPrompt(one, within)), requests.Asked)
                : null,
            it.ByModel is { } byModel ? AtLeast("answered by a model", byModel, requests.ByModel, requests.Asked) : null,
            it.FirstContentP99 is { } longest ? P99(longest, ScorecardMaker.Latency(outcomes).P99) : null,
            it.BrokenStreams is { } most ? Broken(most, requests) : null,
            Residency(record, outcomes),
            it.EveryExperimentHits ? Hits(record) : null,
        ];
        return [.. checks.OfType<ScorecardCheck>()];
    }

    /// <summary>Whether it was answered, and within the expected time if there is one.</summary>
    public static bool IsPrompt(GameDayOutcome outcome, GameDayPromptness? within) =>
        outcome.IsAnswered && (within is null || outcome.FirstContent <= within.Time);

    private static ScorecardCheck AtLeast(string what, double share, int count, int asked) => new(
        what,
        $"≥ {GameDayText.Share(share)}",
        asked == 0 ? "nothing was asked" : $"{GameDayText.Share((double)count / asked)} ({count} of {asked})",
        asked > 0 && count >= share * asked - 1e-9);

    private static ScorecardCheck P99(TimeSpan longest, TimeSpan? p99) =>
        new("first content, p99", $"≤ {GameDayText.Of(longest)}", GameDayText.Of(p99), p99 <= longest);

    private static ScorecardCheck Broken(double most, ScorecardRequests requests)
    {
        var share = requests.Streams == 0 ? 0 : (double)requests.Broken / requests.Streams;
        return new(
            "streams that broke",
            $"≤ {GameDayText.Share(most)}",
            $"{GameDayText.Share(share)} ({requests.Broken} of {requests.Streams})",
            share <= most);
    }

    private static ScorecardCheck Residency(GameDayRecord record, GameDayOutcome[] outcomes)
    {
        var violations = record.Witness.Violations.Sum(static violation => violation.Count);
        var bound = outcomes.Count(static outcome => outcome.Request.Residency is not null);

        // An observer that saw nothing has proved nothing.
        var isBlind = record.Witness.Arrivals == 0
            && outcomes.Any(static outcome => outcome is { IsByModel: true, Request.Residency: not null });
        return new(
            "residency violations", "0", violations.ToString(CultureInfo.InvariantCulture), violations == 0 && !isBlind,
            isBlind ? "Models answered bound questions, and none was seen on its way: "
                + "compose the ladder with WithChaos and the same controller."
            : bound == 0 ? "No question was bound."
            : $"{record.Witness.Arrivals} calls of {bound} bound requests were seen on their way out.");
    }

    private static ScorecardCheck Hits(GameDayRecord record)
    {
        var started = record.Experiments;
        var idle = started.Where(static one => one.Run is not { Injected: > 0 })
            .Select(static one => $"'{one.Step.Experiment.Name}'").ToArray();
        return new(
            "experiments that hit a call", $"{started.Count} of {started.Count}",
            $"{started.Count - idle.Length} of {started.Count}", idle.Length == 0,
            idle.Length == 0
                ? null
                : $"{string.Join(", ", idle)} hit nothing: nobody called its target, or its names are not those of the ladder.");
    }
}
