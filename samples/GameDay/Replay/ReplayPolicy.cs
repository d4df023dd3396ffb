using Microsoft.Extensions.AI;
using Resilient.Llm;
using Resilient.Llm.Chaos;

namespace GameDay.Replay;

/// <summary>One of the policies that a replay compares.</summary>
/// <param name="Key">For the command line.</param>
/// <param name="Name">For the tables.</param>
/// <param name="Compose">Makes its chain of clients.</param>
internal sealed record ReplayPolicy(string Key, string Name, Func<SimulatedWorld, ReplayProviders, IChatClient> Compose)
{
    /// <summary>Baselines first; each ladder has all that the one before it has.</summary>
    public static IReadOnlyList<ReplayPolicy> All { get; } =
    [
        new("sdk", "One provider, SDK retries", static (world, providers) => new SdkRetries(providers.In(world, providers.Primary), world.Clock, retries: 3)),

        // Without the SDK's own retries: they would only put off the moment at which it moves on, four times as long where calls hang.
        new("failover", "Ordered failover", static (world, providers) => new OrderedFailover(
            new SdkRetries(providers.In(world, providers.Primary), world.Clock, retries: 0), new SdkRetries(providers.In(world, providers.Cheaper), world.Clock, retries: 0))),
        new("ladder", "Ladder, two models", static (world, providers) => Ladder(world)
            .AddModel("primary", providers.In(world, providers.Primary))
            .AddModel("cheaper", providers.In(world, providers.Cheaper))
            .Build()),
        new("regions", "… and two regions", static (world, providers) => WithRegions(world, providers).Build()),
        new("full", "… and cache and last resort", static (world, providers) => WithRegions(world, providers).AddCachedAnswers().AddLastResort().Build()),
    ];

    public bool IsLadder => Key is not ("sdk" or "failover");

    public bool HasLastResort => Key is "full";

    private static ResilientChatBuilder WithRegions(SimulatedWorld world, ReplayProviders providers) => Ladder(world)
        .AddModel("primary", model => Regions(model, world, providers, providers.Primary))
        .AddModel("cheaper", model => Regions(model, world, providers, providers.Cheaper));

    private static void Regions(ChatModelBuilder builder, SimulatedWorld world, ReplayProviders providers, SimulatedModel model) => builder
        .AddEndpoint("north", providers.In(world, model, region: 0), static endpoint => endpoint.InRegion("north"))
        .AddEndpoint("south", providers.In(world, model, region: 1), static endpoint => endpoint.InRegion("south"));

    /// <summary>
    /// The library's defaults, active probes, so that no user waits for a trial and no standby is caught asleep, and hedging: at the 98th percentile, since at the default, the 95th, hedges alone cost
    /// the five calls in a hundred that all of it together may cost.
    /// </summary>
    private static ResilientChatBuilder Ladder(SimulatedWorld world) => new ResilientChatBuilder()
        .WithTimeProvider(world.Clock)
        .WithRandomizer(world.RandomFor("jitter").NextDouble)
        .WithActiveProbes()
        .WithHedging(static hedging => hedging.Percentile = 0.98);
}
