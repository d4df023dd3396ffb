using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Reporting;

/// <summary>Puts reports on answers, always on a copy: a client may return the same instance to many callers.</summary>
internal static class ReportAnnotation
{
    public const string Key = "resilient-llm.report";

    public static ChatResponse On(ChatResponse response, ResilienceReport report)
    {
        var copy = ShallowCopy.Of(response);
        copy.AdditionalProperties = With(copy.AdditionalProperties, report);
        return copy;
    }

    public static bool IsOn(ChatResponseUpdate update) => update.AdditionalProperties?.ContainsKey(Key) == true;

    public static ChatResponseUpdate Without(ChatResponseUpdate update)
    {
        var copy = ShallowCopy.Of(update);
        copy.AdditionalProperties = update.AdditionalProperties!.Clone();
        copy.AdditionalProperties.Remove(Key);
        return copy;
    }

    public static ChatMessage Without(ChatMessage message)
    {
        var copy = message.Clone();
        var properties = message.AdditionalProperties!.Clone();
        properties.Remove(Key);
        copy.AdditionalProperties = properties.Count == 0 ? null : properties;
        return copy;
    }

    /// <summary>An update of a stream that carries nothing but a report.</summary>
    /// <remarks>
    /// It has no message id: then its properties become the response's. With an id they would become the message's, and frameworks keep
    /// messages in the history of a session.
    /// </remarks>
    public static ChatResponseUpdate Alone(ResilienceReport report) => new() { AdditionalProperties = With(null, report) };

    private static AdditionalPropertiesDictionary With(AdditionalPropertiesDictionary? properties, ResilienceReport report)
    {
        var copy = properties?.Clone() ?? [];
        copy[Key] = new ReportEntry(report);
        return copy;
    }
}
