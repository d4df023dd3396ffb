using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Reading JSON that may lack anything.</summary>
internal static class JsonReading
{
    /// <summary>The string of this name, or the empty string.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.Find(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    /// <summary>The elements of the array of this name, or none.</summary>
    public static IReadOnlyList<JsonElement> List(this JsonElement element, string name) =>
        element.Find(name) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray()] : [];

    /// <summary>The property of this name, or null.</summary>
    public static JsonElement? Find(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A text that is either a string, or a list of parts with texts.</summary>
    public static string Joined(this JsonElement element, string name) => element.Find(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(static part => part.Text("text"))),
        _ => "",
    };
}
