using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;

namespace Resilient.Llm;

/// <summary>Reads the report that a ladder put on its answers, and adds one.</summary>
public static class ResilienceReportExtensions
{
    /// <summary>
    /// The report of how the request was answered; null if no ladder answered, or a cache above it stored the answer as JSON.
    /// </summary>
    /// <param name="response">An answer, also one made of a stream with <c>ToChatResponseAsync()</c>.</param>
    public static ResilienceReport? GetResilienceReport(this ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Read(response.AdditionalProperties);
    }

    /// <summary>
    /// The report of a stream: on its first content without the attempts, on its last update with them; null on all others.
    /// </summary>
    /// <param name="update">An update of a stream.</param>
    public static ResilienceReport? GetResilienceReport(this ChatResponseUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        return Read(update.AdditionalProperties);
    }

    /// <summary>
    /// Copies an answer and adds a report: for tests of how an application shows degraded answers, and for clients that replace a ladder.
    /// </summary>
    /// <param name="response">The answer; not changed.</param>
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
