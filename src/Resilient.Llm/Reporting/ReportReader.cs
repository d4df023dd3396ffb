using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Reporting;

/// <summary>Reads a report from the properties of an answer, also after a cache or a session kept them as JSON.</summary>
internal static class ReportReader
{
    /// <summary>Every report has it, in JSON too. An object without it is none.</summary>
    private const string Mark = "source";

    /// <summary>Null for anything that is no report: what a store gave back may have been changed there.</summary>
    public static ResilienceReport? Read(object? value)
    {
        if (value is ReportEntry entry)
        {
            return entry.Report;
        }

        try
        {
            return value switch
            {
                ResilienceReport report => report,
                JsonElement json => Read(json),
                JsonNode => Serialised(value, typeof(JsonNode)),
                IDictionary<string, object?> => Serialised(value, typeof(IDictionary<string, object?>)),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException)
        {
            return null;
        }
    }

    private static ResilienceReport? Serialised(object value, Type type) =>
        Read(JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(type)));

    private static ResilienceReport? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(Mark, out _)
        && json.Deserialize(ResilienceReportJsonContext.Default.ResilienceReport) is { } report
        && report.Attempts.All(static attempt => attempt is not null)
            ? report
            : null;
}
