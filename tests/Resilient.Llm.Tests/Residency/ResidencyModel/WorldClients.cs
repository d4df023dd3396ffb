using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

internal enum AboveTheLadder
{
    Nobody,

    /// <summary>Builds new options, and takes over only the additional properties.</summary>
    Rebuilds,
    Clones,

    /// <summary>Adds a bound under the reserved key.</summary>
    Narrows,
}

internal enum Between
{
    Nobody,
    Clones,
    NarrowsByProperty,
    NarrowsByKey,

    /// <summary>The same by a rule of the builder's.</summary>
    NarrowsByConfigure,

    /// <summary>Tries to lift the bound: that must not be possible.</summary>
    Widens,

    /// <summary>Builds new options, and so loses what the request is bound to: the guard must refuse.</summary>
    Rebuilds,
}

/// <summary>What a client does that stands around an inner ladder, so that the guard outside of it takes it for a provider's.</summary>
internal enum Hiding
{
    Nothing,

    /// <summary>That there is a ladder.</summary>
    Services,

    /// <summary>Also the options: it builds new ones.</summary>
    Everything,
}

internal static class OptionsChanges
{
    public static Func<ChatOptions?, ChatOptions?> Of(AboveTheLadder above, Bounds bounds, Draw draw)
    {
        var property = bounds.ToProperty(draw);
        return above switch
        {
            AboveTheLadder.Rebuilds => static options => options is null ? null : new ChatOptions { AdditionalProperties = options.AdditionalProperties },
            AboveTheLadder.Narrows => options => Narrowed(options, property, bounds, draw),
            _ => static options => options?.Clone(),
        };
    }

    public static Func<ChatOptions?, ChatOptions?> Of(Between between, Bounds bounds, Draw draw)
    {
        var (residency, property) = (bounds.ToResidency(draw), bounds.ToProperty(draw));
        return between switch
        {
            Between.NarrowsByProperty => options => options.WithResidency(residency),
            Between.NarrowsByKey => options => Keyed(options, property),
            Between.Widens => static options => Keyed(new ResilientChatOptions(options) { Residency = DataResidency.Anywhere }, DataResidency.Anywhere),
            Between.Rebuilds => static options => new ChatOptions { AdditionalProperties = options?.AdditionalProperties },
            _ => static options => options?.Clone(),
        };
    }

    public static ChatOptions Keyed(ChatOptions? options, object property)
    {
        var copy = options?.Clone() ?? new();
        (copy.AdditionalProperties ??= [])[ResilientChatOptions.ResidencyKey] = property;
        return copy;
    }

    /// <summary>The key may be taken by the request already: whoever narrows it must mind that, and can say the rest as a property.</summary>
    private static ChatOptions Narrowed(ChatOptions? options, object property, Bounds bounds, Draw draw) =>
        options?.AdditionalProperties?.ContainsKey(ResilientChatOptions.ResidencyKey) == true ? options.WithResidency(bounds.ToResidency(draw)) : Keyed(options, property);
}
