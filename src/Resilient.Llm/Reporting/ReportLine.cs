using System.Globalization;
using System.Text;

namespace Resilient.Llm.Reporting;

/// <summary>A report in one line of text, for logs and consoles.</summary>
internal static class ReportLine
{
    /// <summary>
    /// For example "cheaper answered in 1.24 s, degraded; attempts: primary/sweden RateLimited 0.31 s, primary/ireland skipped (its circuit
    /// is open), cheaper answered 0.93 s".
    /// </summary>
    public static string Of(ResilienceReport report)
    {
        var line = new StringBuilder();
        var isAnswered = report.Source != AnswerSource.None;
        line.Append(isAnswered ? Name(report.ServedBy ?? report.Source.ToString(), report.Endpoint) + " answered in " : "no answer in ");
        line.Append(Seconds(report.Elapsed));
        if (report.AnswerAge is { } age)
        {
            line.Append(CultureInfo.InvariantCulture, $", stored {age.TotalSeconds:0} s ago");
        }

        line.Append(report.WasContinued ? ", continued" : "").Append(report.IsDegraded ? ", degraded" : "");
        for (var i = 0; i < report.Attempts.Count; i++)
        {
            line.Append(i == 0 ? "; attempts: " : ", ");
            Write(line, report.Attempts[i]);
        }

        // One line, whatever a report that was read from JSON holds.
        return line.Replace('\r', ' ').Replace('\n', ' ').ToString();
    }

    private static void Write(StringBuilder line, AttemptReport attempt)
    {
        line.Append(Name(attempt.Step, attempt.Endpoint)).Append(attempt.Role switch
        {
            AttemptRole.Hedge => " (hedge)",
            AttemptRole.Continuation => " (continuation)",
            _ => "",
        });
        if (attempt.SkipReason is { } reason)
        {
            line.Append(" skipped (").Append(reason).Append(')');
            return;
        }

        line.Append(' ').Append(attempt.Failure?.ToString() ?? "answered").Append(' ').Append(Seconds(attempt.Duration));
    }

    private static string Name(string step, string? endpoint) => endpoint is null || endpoint == step ? step : $"{step}/{endpoint}";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.000} s");
}
