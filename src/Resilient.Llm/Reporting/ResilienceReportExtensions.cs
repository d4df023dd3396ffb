using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;

namespace Resilient.Llm;

/// <summary>Reads the report that a ladder put on its answers, and puts one on.</summary>
public static class ResilienceReportExtensions
{
    /// <summary>How the request was answered; null when the answer did not come from a ladder, or came back from a cache above it that stored it as JSON.</summary>
    /// <param name="response">An answer, also one made of a stream with <c>ToChatResponseAsync()</c>.</param>
    public static ResilienceReport? GetResilienceReport(this ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Read(response.AdditionalProperties);
    }

    /// <summary>How the request is being answered: on the first content of a stream without the attempts, on its last update with them; null on all others.</summary>
    /// <param name="update">An update of a stream.</param>
    public static ResilienceReport? GetResilienceReport(this ChatResponseUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        return Read(update.AdditionalProperties);
    }

    /// <summary>A copy of an answer with a report on it: for tests of what an application shows for a degraded answer, and for clients that stand in for a ladder.</summary>
    /// <param name="response">The answer; left as it is.</param>
    /// <param name="report">The report.</param>
    public static ChatResponse WithResilienceReport(this ChatResponse response, ResilienceReport report)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(report);
        return ReportAnnotation.On(response, report);
    }

    private static ResilienceReport? Read(AdditionalPropertiesDictionary? properties) =>
        properties is not null && properties.TryGetValue(ReportAnnotation.Key, out var value) ? value as ResilienceReport : null;
}
