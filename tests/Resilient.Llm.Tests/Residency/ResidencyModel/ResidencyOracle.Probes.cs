using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <content>Active probes: nobody's requests, but bound all the same.</content>
internal sealed partial class ResidencyOracle
{
    /// <summary>What the ladder itself asks an endpoint that refuses requests: bound like them, but without a user's data.</summary>
    private const string RefusalPrompt = "ping";

    private static bool TellsWishes(ChatOptions? options) =>
        options is ResilientChatOptions || options?.AdditionalProperties?.ContainsKey(ResilientChatOptions.ResidencyKey) == true;

    /// <summary>That of an active probe; null for a request.</summary>
    private static string? PromptOf(IEnumerable<ChatMessage> messages) => messages.LastOrDefault()?.Text is { } text && (WorldProbes.IsPrompt(text) || text == RefusalPrompt) ? text : null;

    private void ChosenForProbe(WorldPlace place, string prompt)
    {
        WorldProbes? probes = null;
        if (prompt == RefusalPrompt ? !place.Policy.Allows(place.Geography) : !world.Probes.TryGetValue(prompt, out probes) || !probes.MayChoose(place))
        {
            Violation($"CHOICE: {place} was chosen for '{prompt}' of {probes}");
        }
    }

    /// <summary>A provider received an active probe. It holds nothing of any user, and goes nowhere but where the ladder's policy and the probes' own residency allow.</summary>
    private int Probed(WorldProvider provider, string prompt, ChatOptions? options)
    {
        var place = provider.Place;
        WorldProbes? probes = null;
        if (prompt == RefusalPrompt
            ? !place.Policy.Allows(place.Geography) || !place.Between.Allows(place.Geography)
            : !world.Probes.TryGetValue(prompt, out probes) || !probes.MayReach(place))
        {
            Violation($"PROBE: {place} was asked '{prompt}' of {probes}");
        }

        if (TellsWishes(options))
        {
            Violation($"WISHES: {place} was told where probes may go");
        }

        if (provider.Operator?.IsIsolated(provider.Region) == true)
        {
            Violation($"SWITCH: {place} was probed although its region is isolated");
        }

        if (probes is not null && !place.Policy.And(probes.Bounds).IsAnywhere)
        {
            Count(Tally.ActiveProbe);
        }

        return world.Stranger.Id;
    }
}
