using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Resilient.Llm.Chaos.Points;

/// <summary>Tells controllers how the requests of a ladder end: once each, however often they were named.</summary>
internal sealed class ChaosFeed
{
    private static readonly ConditionalWeakTable<ResilientChatBuilder, ChaosFeed> s_feeds = [];

    private ImmutableList<ChaosController> _controllers = [];

    /// <summary>The feed of a ladder, made with its first controller.</summary>
    public static ChaosFeed Of(ResilientChatBuilder builder) => s_feeds.GetValue(builder, static builder =>
    {
        var feed = new ChaosFeed();
        builder.OnCompleted(completed => feed._controllers.ForEach(chaos => chaos.Traffic.OnCompleted(completed)));
        builder.OnCircuitChanged(change => feed._controllers.ForEach(chaos => chaos.Traffic.OnCircuitChanged(change)));

        // While everything hangs no request ends: guards have to know of those that wait. The controllers of the services are known when the ladder stands.
        builder.Use(ladder => feed._controllers.Aggregate(ladder, static (client, chaos) => chaos.Traffic.Watch(client)));
        return feed;
    });

    /// <summary>Adds a controller that is not among them yet.</summary>
    public void Add(ChaosController chaos) => ImmutableInterlocked.Update(
        ref _controllers, static (all, chaos) => all.Contains(chaos) ? all : all.Add(chaos), chaos);
}
