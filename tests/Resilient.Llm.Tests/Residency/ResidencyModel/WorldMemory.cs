using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;

namespace Resilient.Llm.Tests;

/// <summary>Looks into a process's memory past the rule that says who may: no answer to a bound question is to lie where the question may not be.</summary>
internal static class WorldMemory
{
    public static void Inspect(ResidencyWorld world, WorldSettings settings, IChatClient ladder, WorldRequest request)
    {
        if (settings.Cache is null || !settings.HasMemory || request.Bounds.Mask == 0 || ladder.GetService<CachedAnswerChatClient>() is not { } client)
        {
            return;
        }

        // The key as the ladder makes it: with the same residency, and without what it takes out of the options before.
        var options = new ResilientChatOptions(settings.Above == AboveTheLadder.Rebuilds ? null : request.Options) { AdditionalProperties = null };
        var key = AnswerKeyEncoder.TryEncode(
            request.Messages(), options, request.Bounds.ToResidency(world.Draw), settings.Scope);
        var isThere = key is not null && client.Cache.FindInMemory(key, DataResidency.Anywhere, firstStepOnly: false) is not null;
        if (isThere && !request.Bounds.Allows(settings.MemoryGeography))
        {
            world.Watch.Violation($"MEMORY: in {settings.MemoryGeography ?? "an undeclared place"} is the answer to {request}");
        }

        if (isThere)
        {
            world.Watch.Count(Tally.InMemory);
        }
    }
}
