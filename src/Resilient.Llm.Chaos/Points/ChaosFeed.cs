using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Resilient.Llm.Chaos.Points;

/// <summary>Reports to controllers how the requests of a client end, once to each controller.</summary>
internal sealed class ChaosFeed
{
    private static readonly ConditionalWeakTable<ResilientChatBuilder, ChaosFeed> s_feeds = [];

    private ImmutableList<ChaosController> _controllers = [];

    /// <summary>The feed of a builder, created with its first controller.</summary>
    public static ChaosFeed Of(ResilientChatBuilder builder) => s_feeds.GetValue(builder, static builder =>
    {
        var feed = new ChaosFeed();
        builder.OnCompleted(completed => feed._controllers.ForEach(chaos => chaos.Traffic.OnCompleted(completed)));
        builder.OnCircuitChanged(change => feed._controllers.ForEach(chaos => chaos.Traffic.OnCircuitChanged(change)));

        // Guards need the pending requests, because no request ends while everything hangs. Controllers of the services are known when the
        // client is built.
        builder.Use(ladder => feed._controllers.Aggregate(ladder, static (client, chaos) => chaos.Traffic.Watch(client)));
        return feed;
    });

    /// <summary>Adds a controller unless it is present.</summary>
    public void Add(ChaosController chaos) => ImmutableInterlocked.Update(
        ref _controllers, static (all, chaos) => all.Contains(chaos) ? all : all.Add(chaos), chaos);
}
