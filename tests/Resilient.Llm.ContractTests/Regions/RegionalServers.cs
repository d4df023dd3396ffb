using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Two models of different protocols in three regions each, on six servers that answer with what and where they are, and ladders over them.</summary>
/// <remarks>What a test asserts first is what the servers received: a report tells only what the ladder believes.</remarks>
internal sealed class RegionalServers : IAsyncDisposable
{
    public const string Large = "large";
    public const string Small = "small";

    public static readonly string[] Regions = ["north", "west", "south"];

    /// <summary>Where the regions lie.</summary>
    private static readonly string[] s_geographies = ["EU", "EU", "US"];

    private readonly Dictionary<(string Model, string Region), LoopbackProvider> _servers = [];
    private readonly List<IChatClient> _ladders = [];
    private readonly WireProtocol _protocol;

    private RegionalServers(WireProtocol protocol) => _protocol = protocol;

    /// <summary>What each model got in north, west and south: how many requests.</summary>
    public (int North, int West, int South) CallsOf(string model) => (this[model, "north"].Calls, this[model, "west"].Calls, this[model, "south"].Calls);

    public LoopbackProvider this[string model, string region] => _servers[(model, region)];

    /// <param name="protocol">What the large model speaks; the small one speaks the other.</param>
    public static async Task<RegionalServers> StartAsync(WireProtocol protocol)
    {
        var servers = new RegionalServers(protocol);
        foreach (var model in (string[])[Large, Small])
        {
            foreach (var region in Regions)
            {
                servers._servers[(model, region)] = await LoopbackProvider.StartAsync(AnswerOf(model, region));
            }
        }

        return servers;
    }

    public static string AnswerOf(string model, string region) => $"{model} in {region}";

    /// <summary>The large model in its three regions, then the small one; in their order and without retries unless told otherwise.</summary>
    /// <param name="configure">What is added to the ladder.</param>
    /// <param name="large">What is particular about the large model.</param>
    /// <param name="small">What is particular about the small model.</param>
    public IChatClient Ladder(Action<ResilientChatBuilder>? configure = null, Action<ChatModelBuilder>? large = null, Action<ChatModelBuilder>? small = null)
    {
        var builder = new ResilientChatBuilder().WithRetries(0);
        AddModel(builder, Large, _protocol, large);
        AddModel(builder, Small, _protocol.Other(), small);
        configure?.Invoke(builder);
        var ladder = builder.Build();
        _ladders.Add(ladder);
        return ladder;
    }

    /// <summary>Lets every connection to a region be reset, or no longer.</summary>
    public void SetDead(string region, bool isDead = true)
    {
        foreach (var model in (string[])[Large, Small])
        {
            this[model, region].Behavior = isDead ? Script.ConnectionReset() : Script.Answer(AnswerOf(model, region));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _ladders.ForEach(static ladder => ladder.Dispose());
        foreach (var server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    private void AddModel(ResilientChatBuilder builder, string name, WireProtocol protocol, Action<ChatModelBuilder>? configure) => builder.AddModel(name, model =>
    {
        model.RouteBy(RoutingStrategy.Ordered);
        foreach (var (region, geography) in Regions.Zip(s_geographies))
        {
            model.AddEndpoint(region, this[name, region].Client(protocol), endpoint => endpoint.InRegion(region, geography));
        }

        configure?.Invoke(model);
    });
}
