using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Clients directly on the guard: their order, what they are told, and what they cannot do.</summary>
public sealed class InnermostClientTests
{
    private readonly LadderLab _lab = new();
    private readonly List<string> _order = [];

    [BothWays]
    public async Task Innermost_OfAllLevels_StandInsideEveryUseAndInTheOrderOfTheLevels(bool streaming)
    {
        using var ladder = _lab.Builder()
            .UseInnermost(Noting("ladder 1"))
            .UseInnermost(Noting("ladder 2"))
            .WithPipeline(ResiliencePipeline.Empty)
            .AddModel("primary", model => model
                .UseInnermost(Noting("model"))
                .Use(client => new ListeningClient(client, "use of model", _order))
                .AddEndpoint("east", _lab.Primary, endpoint => endpoint
                    .UseInnermost(Noting("endpoint"))
                    .Use(client => new ListeningClient(client, "use of endpoint", _order))))
            .Build();

        Assert.Equal("from primary", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(["use of model", "use of endpoint", "ladder 1", "ladder 2", "model", "endpoint"], _order);
    }

    [Fact]
    public void Innermost_EveryEndpoint_IsToldWhichItIsOnce()
    {
        var told = new List<ChatEndpointInfo>();
        using var ladder = _lab.Builder()
            .UseInnermost((client, endpoint, _) =>
            {
                told.Add(endpoint);
                return client;
            })
            .AddModel("primary", model => model
                .InRegion("swedencentral", "EU")
                .AddEndpoint("home", _lab.Primary)
                .AddEndpoint("east", _lab.Primary, static endpoint => endpoint.InRegion("us-east", "US")))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        Assert.Equal(
            [new("primary", "home", "swedencentral", "EU"), new("primary", "east", "us-east", "US"), new("cheaper", "cheaper", null, null)],
            told);
    }

    [Fact]
    public async Task Innermost_KeyedLadder_GetsTheServices()
    {
        using var services = new ServiceCollection()
            .AddSingleton("told by the services")
            .AddKeyedSingleton<IChatClient>("primary", _lab.Primary)
            .AddKeyedResilientChat("chat", chat => chat
                .AddModel("primary")
                .UseInnermost((client, _, provider) => new ListeningClient(client, provider.GetRequiredService<string>(), _order)))
            .BuildServiceProvider();

        await services.GetRequiredKeyedService<IChatClient>("chat").AskAsync(streaming: false);

        Assert.Equal(["told by the services"], _order);
    }

    [Fact]
    public void Innermost_ReturnsNull_IsRefusedWithTheMendAndNothingStaysOpen()
    {
        var made = new ScriptedChatClient();
        var builder = _lab.Builder().AddModel("primary", _ => made, static model => model.UseInnermost(static (_, _, _) => null!));

        var exception = Assert.Throws<InvalidOperationException>(() => builder.Build());

        Assert.Contains("'primary'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("UseInnermost returned null", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, made.Disposals);
    }

    /// <summary>What stands there is told of like every other client of the application: it may open connections.</summary>
    [Fact]
    public void Innermost_Composed_IsDescribedAndOnTheResidencyMap()
    {
        using var ladder = _lab.Builder()
            .UseInnermost(Noting("one"))
            .UseInnermost(static (client, _, _) => client)
            .AddModel("primary", _lab.Primary, model => model.UseInnermost(Noting("other")).Use(client => new ListeningClient(client, "use", _order)))
            .Build();

        Assert.Contains(
            "    clients of the application: 1\n    innermost: ListeningClient, ListeningClient\n    client: ScriptedChatClient",
            ladder.GetRequiredService<LadderDescription>().ToString(),
            StringComparison.Ordinal);
        Assert.Equal(4, ladder.GetRequiredService<ResidencyMap>().ReachOf(DataResidency.Anywhere)[0].OwnCode);
    }

    /// <summary>It sees whose request it is; the provider behind the guard does not.</summary>
    [BothWays]
    public async Task Innermost_Options_StillSayWhoseRequestItIs(bool streaming)
    {
        ChatOptions? seen = null;
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, model => model.UseInnermost((client, _, _) => new ListeningClient(client, (_, options) => seen = options)))
            .Build();

        await ladder.AskAsync(streaming, options: new ResilientChatOptions { CachePartition = "acme" });

        Assert.Equal("acme", Assert.IsType<ResilientChatOptions>(seen).CachePartition);
        Assert.IsType<ChatOptions>(_lab.Primary.Calls[0].ReceivedOptions);
    }

    [BothWays]
    public async Task Innermost_ReplacesTheOptions_IsRefusedByTheGuard(bool streaming)
    {
        using var ladder = _lab.Builder().AddModel("primary", _lab.Primary, static model => model.UseInnermost(static (client, _, _) => new OptionsClient(client, static _ => new()))).Build();

        var failure = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => ladder.AskAsync(streaming));

        Assert.Contains("options.Clone()", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    private Func<IChatClient, ChatEndpointInfo, IServiceProvider, IChatClient> Noting(string name) => (client, _, _) => new ListeningClient(client, name, _order);
}
