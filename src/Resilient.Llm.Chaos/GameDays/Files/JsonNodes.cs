using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>JSON text as nodes.</summary>
internal static class JsonNodes
{
    /// <exception cref="FormatException">It is no JSON, a key stands twice in one place, or a text is none.</exception>
    public static JsonNode? Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            var root = JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false });
            ReadTexts(root);
            return root;
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The scenario is no JSON: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException(
                "The scenario is no JSON: a text has one half of a character alone, such as \\ud83d without what follows it. "
                + "Write the character itself.",
                exception);
        }
    }

    /// <summary>Texts are decoded when they are first read, and only then found to be none: that must not be in the middle of something else.</summary>
    private static void ReadTexts(JsonNode? node)
    {
        if (node?.GetValueKind() == JsonValueKind.String)
        {
            node.GetValue<string>();
        }

        foreach (var child in node is JsonObject section ? section.Select(static pair => pair.Value) : node as JsonArray ?? [])
        {
            ReadTexts(child);
        }
    }
}
