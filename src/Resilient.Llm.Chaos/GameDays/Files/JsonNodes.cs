using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Parses JSON text into nodes.</summary>
internal static class JsonNodes
{
    /// <exception cref="FormatException">The text is not valid JSON, repeats a key, or contains an invalid string.</exception>
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

    /// <summary>Decodes all strings now. They are decoded lazily, so an invalid one would otherwise throw much later.</summary>
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
