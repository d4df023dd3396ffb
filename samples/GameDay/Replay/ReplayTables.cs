using System.Globalization;
using System.Text;
using Resilient.Llm.Chaos;

namespace GameDay.Replay;

/// <summary>What a replay tells, as Markdown. Holds nothing that differs from run to run.</summary>
internal static class ReplayTables
{
    public static readonly IncidentImpact[] Incidents = [IncidentImpact.Minor, IncidentImpact.Major, IncidentImpact.Critical];

    public static string Of(ReplayRun run, ReplayArguments arguments, IReadOnlyList<ReplayOutcome> outcomes)
    {
        var text = new StringBuilder();
        Assumptions(text, run, arguments, outcomes);
        Line(text, $"");
        Line(text, $"## The whole period");
        Line(text, $"");
        Whole(text, outcomes);
        Line(text, $"");
        Line(text, $"## During incidents");
        Line(text, $"");
        DuringIncidents(text, outcomes);
        Line(text, $"");
        Line(text, $"## By impact: calls per request (the primary's failure rate in force), p99 to first content");
        Line(text, $"");
        ByImpact(text, outcomes);
        Line(text, $"");
        Line(text, $"## Targets");
        Line(text, $"");
        foreach (var target in ReplayTargets.Of(outcomes))
        {
            Line(text, $"{target}");
        }

        return text.ToString();
    }

    /// <summary>Cut off and not rounded: what is not all must not read as all.</summary>
    public static string Percent(double part, SimulationTally of) =>
        string.Create(CultureInfo.InvariantCulture, $"{(of.Requests == 0 ? 0 : Math.Floor(part / of.Requests * 10_000_000) / 100_000):F5} %");

    /// <summary>How many times longer.</summary>
    public static string Times(TimeSpan? time, TimeSpan? usual) =>
        time == TimeSpan.MaxValue ? "never" : time is null || usual is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{time / usual:F2}");

    private static void Assumptions(StringBuilder text, ReplayRun run, ReplayArguments arguments, IReadOnlyList<ReplayOutcome> outcomes)
    {
        Line(text, $"# Replay of recorded outages, seed {arguments.Seed}");
        Line(text, $"");
        Line(text, $"{run.Outages.Incidents.Count} incidents, {run.Period.Start:yyyy-MM-dd} to {run.Period.End:yyyy-MM-dd}. {run.Windows.Count} windows around them, an hour before and after included, {run.Windows.Sum(static window => window.Length.TotalHours):F1} h together, simulated at {arguments.Rate} requests a second; the other {run.HealthyHours:F1} h count by a healthy sample, each of its requests {run.HealthyWeight:F2} times. {outcomes.Sum(static outcome => outcome.Windows.Total().Requests + outcome.Samples.Total().Requests):F0} requests were simulated.");
        Line(text, $"");
        Line(text, $"Assumed: minor = 20 %, major = 60 %, critical = 100 % of the calls fail, since a status page reports no rate; of those that fail half fail at once, 30 % hang, 20 % break off in the middle. Primary: {run.Providers.Primary.Name}, which failed more; cheaper and twice as fast: {run.Providers.Cheaper.Name}. Where there are regions, critical incidents and {arguments.SharedFate * 100:F0} % of the others hit both of a provider, the rest one. 70 % of the requests are streams; {arguments.Repeats * 100:F0} % ask one of 200 popular questions. Deadline of every policy: 30 s to the first content of a stream, 100 s to a plain answer; a user leaves after 10 minutes. A percentile is over all requests: \"never\" is one without an answer.");
    }

    private static void Whole(StringBuilder text, IReadOnlyList<ReplayOutcome> outcomes)
    {
        Line(text, $"| Policy | answered | by a model | within the deadline | degraded | first content p50 / p99 / p99.9 | end p50 / p99 / p99.9 | broken streams seen | calls per request | calls into a full outage | longest unavailability |");
        Line(text, $"|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var outcome in outcomes)
        {
            var all = outcome.Whole.Total();
            Line(text, $"| {outcome.Policy.Name} | {Percent(all.Answered, all)} | {Percent(all.ByModel, all)} | {Percent(all.InTime, all)} | {Percent(all.Degraded, all)} | {Percentiles(all.ToFirstContent)} | {Percentiles(all.ToEnd)} | {all.Broken:F0} | {all.Calls / all.Requests:F4} | {all.CallsWhileDown:F0} | {Duration(outcome.Whole.LongestUnavailability)} |");
        }
    }

    private static void DuringIncidents(StringBuilder text, IReadOnlyList<ReplayOutcome> outcomes)
    {
        Line(text, $"| Policy | requests | answered | within the deadline | degraded | first content p50 / p99 / p99.9 | normal p50 / p99 / p99.9 | p99 : normal | end p50 / p99 / p99.9 | broken streams seen |");
        Line(text, $"|---|---|---|---|---|---|---|---|---|---|");
        foreach (var outcome in outcomes)
        {
            var (ill, well) = (outcome.Windows.Total(Incidents), outcome.Samples.Total());
            Line(text, $"| {outcome.Policy.Name} | {ill.Requests:F0} | {Percent(ill.Answered, ill)} | {Percent(ill.InTime, ill)} | {Percent(ill.Degraded, ill)} | {Percentiles(ill.ToFirstContent)} | {Percentiles(well.ToFirstContent)} | {Times(ill.ToFirstContent.Percentile(0.99), well.ToFirstContent.Percentile(0.99))} | {Percentiles(ill.ToEnd)} | {ill.Broken:F0} |");
        }
    }

    private static void ByImpact(StringBuilder text, IReadOnlyList<ReplayOutcome> outcomes)
    {
        Line(text, $"| Policy | healthy | minor | major | critical |");
        Line(text, $"|---|---|---|---|---|");
        foreach (var outcome in outcomes)
        {
            Line(text, $"| {outcome.Policy.Name} | {Cell(outcome.Samples.Total())} | {string.Join(" | ", Incidents.Select(impact => Cell(outcome.Windows.During(impact))))} |");
        }

        static string Cell(SimulationTally tally) => tally.Requests == 0 ? "–" : string.Create(
            CultureInfo.InvariantCulture, $"{tally.Calls / tally.Requests:F4} ({tally.FailureRateSum / tally.Requests:F2}), {Duration(tally.ToFirstContent.Percentile(0.99))}");
    }

    private static string Percentiles(LogHistogram times) => $"{Duration(times.Percentile(0.5))} / {Duration(times.Percentile(0.99))} / {Duration(times.Percentile(0.999))}";

    private static string Duration(TimeSpan? time) => time switch
    {
        null => "–",
        { } never when never == TimeSpan.MaxValue => "never",
        { } some => string.Create(CultureInfo.InvariantCulture, $"{some.TotalSeconds:F2} s"),
    };

    private static void Line(StringBuilder text, FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
}
