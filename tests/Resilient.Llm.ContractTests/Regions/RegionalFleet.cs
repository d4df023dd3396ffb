using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>
/// Two models in three regions: six providers, and two ladders over them. One application prefers the first model, the other the second, so that both SDKs carry the load.
/// </summary>
internal sealed class RegionalFleet : IAsyncDisposable
{
    public const int Threshold = 5;

    public static readonly string[] Regions = ["north", "west", "south"];
    public static readonly string[] Models = ["claude", "gpt"];

    private static readonly string[] s_geographies = ["EU", "EU", "US"];

    private static readonly Lazy<Task> s_warm = new(WarmUpAsync);

    private readonly Dictionary<(string Model, string Region), RegionalProvider> _providers;
    private readonly IChatClient[] _ladders;
    private long _clock;

    private RegionalFleet(RoutingStrategy strategy, double[] weights, Action<ResilientChatBuilder>? configure, Dictionary<(string, string), RegionalProvider> providers)
    {
        _providers = providers;
        _ladders = [Ladder(0, strategy, weights, configure), Ladder(1, strategy, weights, configure)];
    }

    /// <summary>What became of the circuits, in the order in which the applications were told.</summary>
    public ConcurrentQueue<(long At, int Ladder, ChatCircuitEvent Event)> Transitions { get; } = [];

    /// <param name="strategy">How both models' endpoints are ordered.</param>
    /// <param name="weights">The weights of the three regions.</param>
    /// <param name="distances">How far away the regions are.</param>
    /// <param name="configure">What is added to a ladder whose circuits open at <see cref="Threshold"/> failures, for about 400 ms.</param>
    public static async Task<RegionalFleet> StartAsync(
        RoutingStrategy strategy, double[]? weights = null, int[]? distances = null, Action<ResilientChatBuilder>? configure = null)
    {
        await s_warm.Value;
        return await StartColdAsync(strategy, weights ?? [1, 1, 1], distances ?? [5, 5, 5], configure);
    }

    /// <summary>Which application asks a question. Each of them asks plainly and in streams.</summary>
    public static int LadderOf(int number) => number / 2 % 2;

    public static bool IsStreaming(int number) => number % 2 == 1;

    /// <summary>A clock that orders what happened, without telling the time.</summary>
    public long Now() => Interlocked.Increment(ref _clock);

    public IChatClient LadderFor(int number) => _ladders[LadderOf(number)];

    public RegionalProvider Provider(string model, string region) => _providers[(model, region)];

    /// <summary>The circuit of a ladder's first model in a region.</summary>
    public ChatCircuit Circuit(int ladder, string region) => _ladders[ladder].GetRequiredService<ChatCircuits>().Get(Models[ladder], region);

    public bool IsClosed(string region) => Array.TrueForAll([0, 1], ladder => Circuit(ladder, region).State == CircuitState.Closed);

    /// <summary>How often the circuits of a region came into a state: of the ladder where that was rarer.</summary>
    public int Times(string region, CircuitState to, long since = 0) => Enumerable.Range(0, 2).Min(ladder => TransitionsOf(ladder, region, to, since).Length);

    /// <summary>When the circuit of a ladder's first model in a region changed.</summary>
    public long[] TransitionsOf(int ladder, string region, CircuitState to, long since = 0) =>
        [.. Transitions.Where(one => one.At > since && one.Ladder == ladder && one.Event.Model == Models[ladder] && one.Event.Endpoint == region && one.Event.To == to)
            .Select(static one => one.At)];

    /// <summary>Sets how both models are doing in a region, and tells when.</summary>
    public long Set(string region, RegionHealth health)
    {
        foreach (var model in Models)
        {
            Provider(model, region).Health = health;
        }

        return Now();
    }

    /// <summary>Throws a switch in both applications.</summary>
    public void Switch(Action<ChatRegions> change) => Array.ForEach(_ladders, ladder => change(ladder.GetRequiredService<ChatRegions>()));

    public async ValueTask DisposeAsync()
    {
        foreach (var ladder in _ladders)
        {
            ladder.Dispose();
        }

        foreach (var provider in _providers.Values)
        {
            await provider.DisposeAsync();
        }
    }

    private static async Task<RegionalFleet> StartColdAsync(RoutingStrategy strategy, double[] weights, int[] distances, Action<ResilientChatBuilder>? configure)
    {
        var providers = new Dictionary<(string, string), RegionalProvider>();
        for (var region = 0; region < Regions.Length; region++)
        {
            var distance = TimeSpan.FromMilliseconds(distances[region]);
            providers[(Models[0], Regions[region])] = await RegionalProvider.StartAsync(WireProtocol.Anthropic, distance);
            providers[(Models[1], Regions[region])] = await RegionalProvider.StartAsync(WireProtocol.OpenAI, distance);
        }

        return new(strategy, weights, configure, providers);
    }

    /// <summary>Compiles everything once: where the first calls take a second, every region looks slow.</summary>
    private static async Task WarmUpAsync()
    {
        await using var fleet = await StartColdAsync(RoutingStrategy.Ordered, [1, 1, 1], [0, 0, 0], null);
        fleet.Set("north", RegionHealth.Dead);
        foreach (var number in Enumerable.Range(0, 24))
        {
            await Heard.FromAsync(fleet.LadderFor(number), IsStreaming(number), question: RegionalProvider.QuestionOf(number));
        }
    }

    private IChatClient Ladder(int number, RoutingStrategy strategy, double[] weights, Action<ResilientChatBuilder>? configure)
    {
        var builder = new ResilientChatBuilder()
            .AddModel(Models[number], model => Spread(model, Models[number], weights).RouteBy(strategy))
            .AddModel(Models[1 - number], model => Spread(model, Models[1 - number], weights).RouteBy(strategy))
            .RunsIn(Regions[0], s_geographies[0])
            .AnswerWithin(TimeSpan.FromSeconds(60))
            .WithRetries(0)
            .WithFallback(static fallback => fallback.FailbackDelay = TimeSpan.FromMilliseconds(200))
            .WithCircuitBreaker(failures: Threshold, within: TimeSpan.FromSeconds(10), breakFor: TimeSpan.FromMilliseconds(400))
            .WithCircuitBreaker(static options => options.MaxBreakDuration = TimeSpan.FromMilliseconds(500))
            .OnCircuitChanged(change => Transitions.Enqueue((Now(), number, change)));
        configure?.Invoke(builder);
        return builder.Build();
    }

    private ChatModelBuilder Spread(ChatModelBuilder builder, string model, double[] weights)
    {
        for (var i = 0; i < Regions.Length; i++)
        {
            var (region, geography, weight) = (Regions[i], s_geographies[i], weights[i]);
            builder.AddEndpoint(region, Provider(model, region).Client(), endpoint => endpoint.InRegion(region, geography).WithWeight(weight));
        }

        return builder;
    }
}
