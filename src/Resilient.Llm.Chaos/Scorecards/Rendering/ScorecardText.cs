using System.Globalization;
using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Sentences and cells for Markdown and HTML.</summary>
internal static class ScorecardText
{
    public static string Verdict(Scorecard card) => card.Verdict switch
    {
        GameDayVerdict.Held => "The hypothesis held",
        GameDayVerdict.NotHeld => "The hypothesis did not hold",
        _ => $"Aborted: {card.AbortReason}",
    };

    public static string Summary(Scorecard card)
    {
        var it = card.Requests;
        var bad = new[] { (it.Failed, "failed"), (it.Broken, "broke off"), (it.Unfinished, "unfinished") }
            .Where(static one => one.Item1 > 0).Select(static one => $"{N(one.Item1)} {one.Item2}");
        return $"{N(it.Asked)} requests in {GameDayText.Of(card.Duration)}, {N(it.Streams)} of them streams: "
            + $"{GameDayText.Share(it.AnsweredShare)} answered, {N(it.ByModel)} by a model"
            + string.Concat(bad.Select(static text => $", {text}"))
            + (it.Continued > 0 ? $", {N(it.Continued)} continued after a break" : "")
            + (it.Shed > 0 ? $". {N(it.Shed)} more were shed: too many were under way" : "") + ".";
    }

    public static string StartedAt(Scorecard card) =>
        card.StartedAt.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Short(string name, int length) => name.Length <= length ? name : string.Concat(name.AsSpan(0, length - 1), "…");

    public static string N(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Steps(IReadOnlyList<ScorecardCount> steps) =>
        steps.Count == 0 ? "nobody" : string.Join(", ", steps.Select(static step => $"{step.Name} {GameDayText.Share(step.Share)}"));

    public static string Load(ScorecardExtraLoad? load) => load is null ? "–" : string.Create(
        CultureInfo.InvariantCulture,
        $"{(load.Extra >= 0 ? "+" : "−")}{Math.Abs(load.Extra):N0} calls ({load.Calls:N0}, usual {load.Expected:N0}); "
        + $"peak {load.PeakPerSecond:N0}/s, usual {load.ExpectedPerSecond:0.#}/s");

    public static string Detection(ScorecardExperiment experiment) =>
        experiment.TimeToDetect is { } time
            ? $"{GameDayText.Of(time)} ({experiment.DetectedBy})"
            : experiment.Affected.Count == 0 ? "no endpoint" : "not noticed";

    public static string Recovery(ScorecardExperiment experiment) =>
        experiment.TimeToRecover is { } time ? GameDayText.Of(time) : experiment.Affected.Count == 0 ? "no endpoint" : "not seen";

    public static string[] Cells(ScorecardLatency latency) =>
        [GameDayText.Of(latency.P50), GameDayText.Of(latency.P95), GameDayText.Of(latency.P99), GameDayText.Of(latency.Max)];
}
