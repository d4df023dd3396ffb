using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Whom a fault hits, through the whole way from the options of a request to the endpoint.</summary>
public sealed class BlastRadiusLadderTests : IDisposable
{
    private readonly FaultLab _lab = new();
    private readonly Dictionary<string, ScriptedChatClient> _providers = [];
    private readonly IChatClient _ladder;

    /// <summary>A model with an endpoint in each of two regions, and a cheaper one without endpoints.</summary>
    public BlastRadiusLadderTests() => _ladder = new ResilientChatBuilder()
        .WithTimeProvider(_lab.Clock)
        .WithRandomizer(static () => 0.5)
        .WithRetries(0)
        .WithCircuitBreaker(static breaker => (breaker.FailureThreshold, breaker.ConsecutiveFailures) = (10_000, null))
        .WithChaos(_lab.Chaos)
        .AddModel("big", model => model
            .RouteBy(RoutingStrategy.Ordered)
            .AddEndpoint("east", Provider("east"), static endpoint => endpoint.InRegion("us-east", "US"))
            .AddEndpoint("west", Provider("west"), static endpoint => endpoint.InRegion("us-west", "US")))
        .AddModel("small", Provider("small"), static model => model.InRegion("swedencentral", "EU"))
        .Build();

    public static TheoryData<ChaosBlastRadius, string> Radii => new()
    {
        { ChaosBlastRadius.AllModels, "" },
        { new() { Models = ["big"] }, "small" },
        { new() { Models = ["small"] }, "east" },
        { new() { Models = ["big", "small"] }, "" },
        { new() { Endpoints = ["east"] }, "west" },
        { new() { Endpoints = ["east", "west"] }, "small" },
        { new() { Regions = ["us-east"] }, "west" },
        { new() { Regions = ["US-East"] }, "west" },
        { new() { Models = ["big"], Regions = ["us-east"] }, "west" },
        { new() { Models = ["small"], Regions = ["swedencentral"] }, "east" },
        { new() { Tenants = ["acme"] }, "" },
        { new() { Tenants = ["other"] }, "east" },
        { new() { Tenants = ["acme"], Endpoints = ["east"] }, "west" },
        { new() { Dependencies = ["search"] }, "east" },
    };

    [Theory]
    [MemberData(nameof(Radii))]
    public Task Fault_PlainCall_HitsWhomItAimsAtAndNobodyElse(ChaosBlastRadius target, string servedBy) => CheckAsync(target, servedBy, streaming: false);

    [Theory]
    [MemberData(nameof(Radii))]
    public Task Fault_Stream_HitsWhomItAimsAtAndNobodyElse(ChaosBlastRadius target, string servedBy) => CheckAsync(target, servedBy, streaming: true);

    [BothWays]
    public async Task Fault_TenantsNamedAndRequestWithoutOne_IsLeftAlone(bool streaming)
    {
        using var run = _lab.Start(new(ChaosFaultKind.ServerError), target: new() { Tenants = ["acme"] });

        Assert.Equal("east", (await _ladder.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task Fault_ShareOfTenants_TheSameOnesAtEveryCallAndAboutAsMany(bool streaming)
    {
        const int Tenants = 400;
        const double Share = 0.25;
        using var run = _lab.Start(new(ChaosFaultKind.ServerError), target: new() { Endpoints = ["east"], Share = Share });

        var first = await HitAsync();
        var second = await HitAsync();

        Assert.Equal(first, second);
        Assert.InRange(first.Count, (Tenants * Share) - Error(), (Tenants * Share) + Error());

        async Task<List<int>> HitAsync()
        {
            var hit = new List<int>();
            for (var tenant = 0; tenant < Tenants; tenant++)
            {
                if ((await _ladder.AskAsync(streaming, options: new ResilientChatOptions { CachePartition = $"tenant-{tenant}" })).Text != "east")
                {
                    hit.Add(tenant);
                }
            }

            return hit;
        }

        static double Error() => 4 * Math.Sqrt(Tenants * Share * (1 - Share));
    }

    [BothWays]
    public async Task Fault_Rate_HitsThatPartOfTheCalls(bool streaming)
    {
        const int Calls = 2_000;
        const double Rate = 0.3;
        using var run = _lab.Start(new(ChaosFaultKind.ServerError), rate: Rate, target: new() { Endpoints = ["east"] });
        for (var i = 0; i < Calls; i++)
        {
            await _ladder.AskAsync(streaming);
        }

        var hit = Calls - _providers["east"].CallCount;

        var error = 4 * Math.Sqrt(Calls * Rate * (1 - Rate));
        Assert.InRange(hit, (Calls * Rate) - error, (Calls * Rate) + error);
    }

    public void Dispose()
    {
        _ladder.Dispose();
        _lab.Dispose();
    }

    private async Task CheckAsync(ChaosBlastRadius target, string servedBy, bool streaming)
    {
        using var run = _lab.Start(new(ChaosFaultKind.ServerError), target: target);

        string? text = null;
        var exception = await Record.ExceptionAsync(async () => text = (await _ladder.AskAsync(streaming, options: new ResilientChatOptions { CachePartition = "acme" })).Text);

        Assert.Equal(servedBy, text ?? string.Empty);
        Assert.Equal(servedBy.Length == 0, exception is ChatUnavailableException);
        Assert.Equal(servedBy, string.Concat(_providers.Where(static p => p.Value.CallCount > 0).Select(static p => p.Key)));
    }

    private ScriptedChatClient Provider(string name) => _providers[name] = new ScriptedChatClient().Always(Scripted.Answer(name));
}
