using System.Text.Json;

namespace Resilient.Llm.Requests;

/// <summary>Residency as an additional property, for frameworks above the ladder that rebuild options and keep only those.</summary>
internal static class ResidencyProperty
{
    /// <summary>Reads the property and removes it: providers must not see it.</summary>
    /// <exception cref="ArgumentException">
    /// The value has none of the accepted forms. It fails closed: an unreadable bound must not become no bound.
    /// </exception>
    public static DataResidency? Take(ResilientChatOptions own) =>
        own.AdditionalProperties is { } properties && properties.Remove(ResilientChatOptions.ResidencyKey, out var value)
            ? Parse(value)
            : null;

    /// <summary>Reads a value of the property.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Take"/>.</exception>
    public static DataResidency Parse(object? value) => value switch
    {
        DataResidency residency => residency,
        string list => DataResidency.Within(list.Split(',', StringSplitOptions.TrimEntries)),
        IEnumerable<string> list => DataResidency.Within(list),

        // The same forms, after a framework kept the options as JSON.
        JsonElement { ValueKind: JsonValueKind.String } text => Parse(text.GetString()),
        JsonElement { ValueKind: JsonValueKind.Array } items
            when items.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String) =>
            DataResidency.Within(items.EnumerateArray().Select(static item => item.GetString()!)),
        _ => throw new ArgumentException(
            $"AdditionalProperties[\"{ResilientChatOptions.ResidencyKey}\"] holds a {value?.GetType().Name ?? "null"}. "
            + "Put a DataResidency there, or geographies as \"EU,CH\"."),
    };
}
