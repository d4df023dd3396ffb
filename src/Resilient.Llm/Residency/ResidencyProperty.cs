namespace Resilient.Llm;

/// <summary>Residency as an additional property: for frameworks above the ladder that rebuild options and keep only those.</summary>
internal static class ResidencyProperty
{
    /// <summary>Reads the property and removes it: it is no business of a provider.</summary>
    /// <param name="own">The request's private options.</param>
    /// <exception cref="ArgumentException">The value is none of the accepted forms. It fails closed: an unreadable bound must not become no bound.</exception>
    public static DataResidency? Take(ResilientChatOptions own)
    {
        if (own.AdditionalProperties is not { } properties || !properties.Remove(ResilientChatOptions.ResidencyKey, out var value))
        {
            return null;
        }

        return value switch
        {
            DataResidency residency => residency,
            string list => DataResidency.Within(list.Split(',', StringSplitOptions.TrimEntries)),
            IEnumerable<string> list => DataResidency.Within(list),
            _ => throw new ArgumentException(
                $"AdditionalProperties[\"{ResilientChatOptions.ResidencyKey}\"] holds a {value?.GetType().Name ?? "null"}. "
                + "Put a DataResidency there, or geographies as \"EU,CH\"."),
        };
    }
}
