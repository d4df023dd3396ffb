using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos;

/// <summary>JSON text as nodes.</summary>
internal static class JsonNodes
{
    /// <exception cref="FormatException">It is no JSON, or a key stands twice in one place.</exception>
    public static JsonNode? Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The scenario is no JSON: {exception.Message}", exception);
        }
    }
}
