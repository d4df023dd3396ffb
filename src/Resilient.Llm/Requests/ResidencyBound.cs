using Microsoft.Extensions.AI;
using Resilient.Llm.Residency;

namespace Resilient.Llm.Requests;

/// <summary>Where a request's data may go, at one place on its way.</summary>
internal static class ResidencyBound
{
    /// <summary>
    /// Everything that binds a request here: the ladder's result, and what was set on the options since or without a ladder above.
    /// </summary>
    /// <exception cref="ArgumentException">The property on the options cannot be read (<see cref="ResidencyProperty"/>).</exception>
    public static DataResidency Of(ChatOptions? options, RequestContext? context)
    {
        var bound = context?.Residency ?? ResidencyScope.Current;
        if (DerivedOptions.Find(options) is { Residency: { } wish })
        {
            bound = bound.Intersect(wish);
        }

        return options?.AdditionalProperties is { } properties && properties.TryGetValue(ResilientChatOptions.ResidencyKey, out var value)
            ? bound.Intersect(ResidencyProperty.Parse(value))
            : bound;
    }
}
