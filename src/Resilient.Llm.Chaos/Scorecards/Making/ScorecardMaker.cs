using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Builds the scorecard from the observations.</summary>
internal static class ScorecardMaker
{
    private static readonly int[] s_steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800];

    public static Scorecard Make(GameDayRecord record)
    {
        var outcomes = record.Outcomes.OrderBy(static outcome => outcome.AskedAt).ToArray();
        var requests = Requests(record, outcomes);
        var timeline = new ExperimentFigures(record, outcomes);
        var checks = HypothesisChecks.Of(record, outcomes, requests);
        var step = TimeSpan.FromSeconds(s_steps.FirstOrDefault(seconds => record.EndedAt.TotalSeconds / seconds <= 120, 3_600));
        return new()
        {
            Name = record.Scenario.Name,
            Description = record.Scenario.Description,
            StartedAt = record.StartedAt,
            Duration = record.EndedAt,
            Verdict = record.AbortReason is not null
                ? GameDayVerdict.Aborted
                : checks.All(static check => check.Held) ? GameDayVerdict.Held : GameDayVerdict.NotHeld,
            AbortReason = record.AbortReason,
            Checks = checks,
            Requests = requests,
            Steps = Steps(outcomes),
            Failures = Counts(
                outcomes.Where(static outcome => !outcome.IsAnswered).Select(static outcome => outcome.Failure ?? "unknown"),
                outcomes.Length),
            FirstContent = Latency(outcomes),
            FirstContentOfStreams = Latency(outcomes.Where(static outcome => outcome.Request.IsStreaming)),
            FirstContentOfPlainAnswers = Latency(outcomes.Where(static outcome => !outcome.Request.IsStreaming)),
            Endpoints = Endpoints(record),
            Experiments = [.. record.Experiments.Select(timeline.Of)],
            Phases = [.. PhaseSplit.Of(record).Select(phase => Phase(phase, outcomes))],
            Residency = new(
                outcomes.Count(static outcome => outcome.Request.Residency is not null),
                record.Witness.Arrivals,
                [.. record.Witness.Violations.Select(
                    static violation => new ScorecardViolation(violation.Place, violation.Geography, violation.Bound, violation.Count))]),
            SeriesStep = step,
            Series = Series(record, outcomes, step),
        };
    }

    public static ScorecardLatency Latency(IEnumerable<GameDayOutcome> outcomes)
    {
        var times = Percentiles.Sorted(outcomes.Select(static outcome => outcome.FirstContent).OfType<TimeSpan>());
        return new(Percentiles.At(times, 0.5), Percentiles.At(times, 0.95), Percentiles.At(times, 0.99), Percentiles.At(times, 1));
    }

    private static ScorecardRequests Requests(GameDayRecord record, GameDayOutcome[] outcomes) => new()
    {
        Asked = record.Asked,
        Answered = outcomes.Count(static outcome => outcome.IsAnswered),
        Failed = outcomes.Count(static outcome => outcome.End == GameDayEnd.Failed),
        Broken = outcomes.Count(static outcome => outcome.End == GameDayEnd.Broken),
        Unfinished = outcomes.Count(static outcome => outcome.End == GameDayEnd.Unfinished),
        Streams = outcomes.Count(static outcome => outcome.Request.IsStreaming),
        Continued = outcomes.Count(static outcome => outcome.Report?.WasContinued == true),
        ByModel = outcomes.Count(static outcome => outcome.IsByModel),
        Shed = record.Shed,
    };

    private static ScorecardCount[] Steps(GameDayOutcome[] outcomes) =>
        Counts(outcomes.Select(static outcome => outcome.Step).OfType<string>(), outcomes.Length);

    private static ScorecardCount[] Counts(IEnumerable<string> names, int all) =>
        [.. names.CountBy(static name => name)
            .Select(name => new ScorecardCount(name.Key, name.Value, (double)name.Value / all))
            .OrderByDescending(static count => count.Count).ThenBy(static count => count.Name, StringComparer.Ordinal)];

    private static ScorecardEndpoint[] Endpoints(GameDayRecord record) =>
        [.. record.Calls.GroupBy(static call => call.Endpoint)
            .Select(static group => new ScorecardEndpoint(
                group.Key.Model, group.Key.Endpoint, group.Key.Region, group.Key.Geography, group.Count(),
                group.Count(static call => call.Injected)))
            .OrderBy(static endpoint => endpoint.Model, StringComparer.Ordinal)
            .ThenBy(static endpoint => endpoint.Endpoint, StringComparer.Ordinal)];

    private static ScorecardPhase Phase((string Name, TimeSpan From, TimeSpan To) phase, GameDayOutcome[] outcomes)
    {
        var asked = outcomes.Where(outcome => outcome.AskedAt >= phase.From && outcome.AskedAt < phase.To).ToArray();
        return new(
            phase.Name,
            phase.From,
            phase.To,
            asked.Length,
            asked.Count(static outcome => outcome.IsAnswered),
            Latency(asked),
            Steps(asked));
    }

    private static ScorecardPoint[] Series(GameDayRecord record, GameDayOutcome[] outcomes, TimeSpan step)
    {
        var byPoint = outcomes.ToLookup(outcome => (int)(outcome.AskedAt / step));
        return [.. Enumerable.Range(0, (int)Math.Ceiling(record.EndedAt / step)).Select(number =>
        {
            var (within, latency) = (byPoint[number], Latency(byPoint[number]));
            return new ScorecardPoint(
                number * step,
                within.Select(static outcome => outcome.Step).OfType<string>().CountBy(static step => step).ToDictionary(),
                within.Count(static outcome => !outcome.IsAnswered),
                latency.P50,
                latency.P99);
        })];
    }
}
