using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Computes the figures of each experiment: time to detect, time to recover and extra load.</summary>
internal sealed class ExperimentFigures
{
    private readonly GameDayRecord _record;
    private readonly GameDayOutcome[] _outcomes;
    private readonly (TimeSpan At, ChatEndpointInfo Endpoint, bool Injected)[] _calls;
    private readonly TimeSpan _steadyEnd;
    private readonly GameDayOutcome[] _steady;

    public ExperimentFigures(GameDayRecord record, GameDayOutcome[] outcomes)
    {
        (_record, _outcomes) = (record, outcomes);
        _calls = [.. record.Calls];
        _steadyEnd = record.Experiments.Count == 0 ? record.EndedAt : record.Experiments.Min(static one => one.StartedAt);
        _steady = [.. outcomes.Where(outcome => outcome.AskedAt < _steadyEnd)];
    }

    public ScorecardExperiment Of(GameDayExperimentRecord experiment)
    {
        var end = PhaseSplit.EndOf(experiment, _record);
        var target = experiment.Step.Experiment.Target;
        var affected = _calls.Select(static call => call.Endpoint).Distinct().Where(target.Reaches).ToHashSet();
        var keys = affected.Select(static endpoint => (endpoint.Model, endpoint.Endpoint)).ToHashSet();
        var (detected, by) = keys.Count == 0 ? (null, null) : Detection(experiment.StartedAt, end, keys);
        return new()
        {
            Name = experiment.Step.Experiment.Name,
            What = GameDayText.Of(experiment.Step.Experiment),
            StartedAt = experiment.StartedAt,
            EndedAt = end,
            EndedBy = (experiment.Run?.EndedBy ?? ChaosLogAction.Stopped).ToString(),
            Injected = experiment.Run?.Injected ?? 0,
            Affected = [.. affected.Select(GameDayText.Of).Order(StringComparer.Ordinal)],
            TimeToDetect = detected - experiment.StartedAt,
            DetectedBy = by,
            TimeToRecover = keys.Count == 0 ? null : Recovery(end, keys) - end,
            ExtraLoad = keys.Count == 0 || _steady.Length == 0 ? null : ExtraLoad(experiment.StartedAt, end, affected),
        };
    }

    private (TimeSpan? At, string? By) Detection(TimeSpan start, TimeSpan end, HashSet<(string, string)> affected)
    {
        var always = _steady.Length > 0 && _steady.All(outcome => Called(outcome, affected));
        var during = AskedWithin(start, end).Where(static outcome => outcome.Report is not null).ToArray();
        var signs = new (TimeSpan? At, string? By)[]
        {
            (First(_record.Openings.Where(one => one.At >= start && one.At < end && affected.Contains((one.Model, one.Endpoint)))
                .Select(static one => one.At)), "circuit opened"),
            (First(during.Select(outcome => PassedOverAt(outcome, affected)).OfType<TimeSpan>().Where(at => at < end)), "passed over"),
            (always ? FirstAsked(during.Where(outcome => !Called(outcome, affected))) : null, "avoided"),
        };
        return signs.Where(static sign => sign.At is not null).OrderBy(static sign => sign.At).FirstOrDefault();
    }

    /// <summary>When everything was normal again, if it was.</summary>
    private TimeSpan? Recovery(TimeSpan end, HashSet<(string Model, string Endpoint)> affected)
    {
        var until = _record.Experiments.Select(static one => one.StartedAt).Where(start => start >= end).Append(_record.EndedAt).Min();
        var after = AskedWithin(end, until).ToArray();
        var servedBefore = affected.Where(endpoint => _steady.Any(outcome => Served(outcome, endpoint))).ToArray();

        // Every endpoint that served before, or the first one to serve if none did.
        TimeSpan?[] back = servedBefore.Length > 0
            ? [.. servedBefore.Select(endpoint => FirstAsked(after.Where(outcome => Served(outcome, endpoint))))]
            : [FirstAsked(after.Where(outcome => affected.Any(endpoint => Served(outcome, endpoint))))];
        if (back.Contains(null))
        {
            return null;
        }

        var within = _record.Scenario.Hypothesis.AnsweredWithin;
        var lastBad = after.Where(outcome => !HypothesisChecks.IsPrompt(outcome, within))
            .Select(static outcome => outcome.AskedAt).DefaultIfEmpty(end).Max();

        // If the last request was bad, there was no recovery.
        return after[^1].AskedAt == lastBad && lastBad > end ? null : back.Append(lastBad).Max();
    }

    private ScorecardExtraLoad ExtraLoad(TimeSpan start, TimeSpan end, HashSet<ChatEndpointInfo> affected)
    {
        var perRequest = (double)_calls.Count(call => call.At < _steadyEnd && affected.Contains(call.Endpoint)) / _steady.Length;
        var expected = perRequest * AskedWithin(start, end).Count();
        var times = _calls.Where(call => call.At >= start && call.At < end && affected.Contains(call.Endpoint))
            .Select(static call => call.At).Order().ToArray();
        return new(times.Length, expected, Peak(times), end > start ? expected / (end - start).TotalSeconds : 0);
    }

    /// <summary>The most calls within any second, at any offset.</summary>
    private static int Peak(TimeSpan[] times)
    {
        var (peak, first) = (0, 0);
        for (var last = 0; last < times.Length; last++)
        {
            while (times[last] - times[first] >= TimeSpan.FromSeconds(1))
            {
                first++;
            }

            peak = Math.Max(peak, last - first + 1);
        }

        return peak;
    }

    private IEnumerable<GameDayOutcome> AskedWithin(TimeSpan start, TimeSpan end) =>
        _outcomes.Where(outcome => outcome.AskedAt >= start && outcome.AskedAt < end);

    private static TimeSpan? FirstAsked(IEnumerable<GameDayOutcome> outcomes) => outcomes.Min(static outcome => (TimeSpan?)outcome.AskedAt);

    private static TimeSpan? First(IEnumerable<TimeSpan> times) => times.Select(static time => (TimeSpan?)time).Min();

    private static bool Served(GameDayOutcome outcome, (string Model, string Endpoint) endpoint) =>
        outcome.IsByModel && outcome.Report!.ServedBy == endpoint.Model && outcome.Report.Endpoint == endpoint.Endpoint;

    private static bool Called(GameDayOutcome outcome, HashSet<(string, string)> endpoints) =>
        outcome.Report?.Attempts.Any(
            attempt => attempt is { SkipReason: null, Endpoint: { } name } && endpoints.Contains((attempt.Step, name))) == true;

    /// <summary>When a request first skipped an affected endpoint as unavailable (open circuit or cooldown), if one did.</summary>
    private static TimeSpan? PassedOverAt(GameDayOutcome outcome, HashSet<(string, string)> endpoints)
    {
        var at = outcome.AskedAt;
        foreach (var attempt in outcome.Report!.Attempts)
        {
            if (attempt is { SkipReason: not null, Endpoint: { } name }
                && (attempt is { Failure: FailureKind.CircuitOpen } or { SkipReason: "rate limited" })
                && endpoints.Contains((attempt.Step, name)))
            {
                return at;
            }

            at += attempt.Duration;
        }

        return null;
    }
}
