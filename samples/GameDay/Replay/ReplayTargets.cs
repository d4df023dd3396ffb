using Resilient.Llm.Chaos;

namespace GameDay.Replay;

/// <summary>What is expected of the ladders, and whether it came true.</summary>
internal static class ReplayTargets
{
    private static readonly IncidentImpact[] s_impacts = Enum.GetValues<IncidentImpact>();

    /// <summary>One sentence for each target of each ladder that was replayed.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<ReplayOutcome> outcomes)
    {
        var naive = outcomes.FirstOrDefault(static outcome => outcome.Policy.Key == "sdk")?.Windows.Total().CallsWhileDown;
        foreach (var outcome in outcomes.Where(static outcome => outcome.Policy.IsLadder))
        {
            var all = outcome.Whole.Total();
            if (outcome.Policy.HasLastResort)
            {
                yield return Verdict(outcome, all.InTime >= all.Requests, $"everybody answered within the deadline: {all.Requests - all.InTime:F1} of {all.Requests:F0} were not");
            }

            yield return Verdict(outcome, all.ByModel >= 0.99999 * all.Requests, $"by a model at least 99.999 %: {ReplayTables.Percent(all.ByModel, all)}");
            var (slack, impact) = s_impacts.Select(impact => (Slack(outcome.Windows.During(impact)), impact)).Min();
            yield return Verdict(
                outcome, slack >= 0, $"calls per request at most 1 + the failure rate in force + 0.05: {Math.Abs(slack):F3} {(slack < 0 ? "above" : "below")} at its closest (impact: {impact})");
            var (ill, well) = (outcome.Windows.Total(ReplayTables.Incidents).ToFirstContent.Percentile(0.99), outcome.Samples.Total().ToFirstContent.Percentile(0.99));
            yield return Verdict(outcome, ill <= well * 3, $"p99 to first content during incidents at most 3 × normal: {ReplayTables.Times(ill, well)} ×");
            if (naive is > 0)
            {
                var share = all.CallsWhileDown / naive.Value;
                yield return Verdict(outcome, share <= 0.001, $"calls into a full outage at most 0.1 % of those of an SDK with its retries: {share * 100:F3} % ({all.CallsWhileDown:F0} of {naive:F0})");
            }
        }
    }

    private static double Slack(SimulationTally tally) =>
        tally.Requests == 0 ? double.MaxValue : 1.05 + ((tally.FailureRateSum - tally.Calls) / tally.Requests);

    private static string Verdict(ReplayOutcome outcome, bool isMet, FormattableString what) =>
        $"- {(isMet ? "met" : "**missed**")}: {outcome.Policy.Name}: {FormattableString.Invariant(what)}";
}
