using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;

namespace Resilient.Llm;

/// <summary>Reads the report that a ladder put on its answers, and adds one.</summary>
public static class ResilienceReportExtensions
{
    /// <summary>
    /// The report of how the request was answered; null if no ladder answered. A cache above the ladder gives back the report of the
    /// request whose answer it stored.
    /// </summary>
    /// <param name="response">An answer, also one made of a stream with <c>ToChatResponseAsync()</c>.</param>
    public static ResilienceReport? GetResilienceReport(this ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Read(response.AdditionalProperties);
    }

    /// <summary>
    /// The report of a stream: directly before its first content without the attempts, on its last update with them; null on all others.
    /// </summary>
    /// <param name="update">An update of a stream. The two with a report hold nothing else.</param>
    public static ResilienceReport? GetResilienceReport(this ChatResponseUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        return Read(update.AdditionalProperties);
    }

    /// <summary>
    /// The report among the additional properties of an answer: for what frameworks make of a <see cref="ChatResponse"/>, for example the
    /// response of an agent, and for properties that were read back from JSON.
    /// </summary>
    /// <param name="properties">The additional properties; null if there are none.</param>
    /// <returns>The report; null if there is none, or it cannot be read.</returns>
    public static ResilienceReport? GetResilienceReport(this IReadOnlyDictionary<string, object?>? properties) =>
        properties is not null && properties.TryGetValue(ReportAnnotation.Key, out var value) ? ReportReader.Read(value) : null;

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
        properties is not null && properties.TryGetValue(ReportAnnotation.Key, out var value) ? ReportReader.Read(value) : null;
}
