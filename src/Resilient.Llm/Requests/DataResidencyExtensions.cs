using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>Binds the data of one request to geographies.</summary>
public static class DataResidencyExtensions
{
    /// <summary>Copies the options and binds the request to the given geographies, in addition to any bound they already carry.</summary>
    /// <param name="options">The options; null for empty ones.</param>
    /// <param name="residency">Where the data may go, for example <c>DataResidency.Within("EU")</c>.</param>
    /// <returns>New options: keep using the returned ones.</returns>
    public static ResilientChatOptions WithResidency(this ChatOptions? options, DataResidency residency)
    {
        ArgumentNullException.ThrowIfNull(residency);
        var copy = new ResilientChatOptions(options);
        copy.Residency = copy.Residency?.Intersect(residency) ?? residency;
        return copy;
    }
}
