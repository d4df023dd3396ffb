using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Splits a game day where experiments start and end.</summary>
internal static class PhaseSplit
{
    // Experiments that end together are a few milliseconds apart, which is no phase.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<(string Name, TimeSpan From, TimeSpan To)> Of(GameDayRecord record)
    {
        var experiments = record.Experiments;
        TimeSpan[] cuts =
        [
            .. experiments.SelectMany(one => new[] { one.StartedAt, EndOf(one, record) }).Append(TimeSpan.Zero).Append(record.EndedAt)
                .Where(cut => cut <= record.EndedAt).Distinct().Order(),
        ];
        var from = TimeSpan.Zero;
        foreach (var to in cuts.Where((cut, i) => i > 0 && (i == cuts.Length - 1 || cuts[i + 1] - cut >= s_shortest)))
        {
            var middle = from + ((to - from) / 2);
            var running = experiments.Where(one => one.StartedAt <= middle && EndOf(one, record) > middle)
                .Select(static one => one.Step.Experiment.Name).ToArray();
            var quiet = experiments.Any(one => one.StartedAt < middle) ? "recovery" : "steady state";
            yield return (running.Length > 0 ? string.Join(" + ", running) : quiet, from, to);
            from = to;
        }
    }

    public static TimeSpan EndOf(GameDayExperimentRecord experiment, GameDayRecord record) => experiment.EndedAt ?? record.EndedAt;
}
