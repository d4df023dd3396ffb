using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>"us-east is down", over real sockets and above real SDKs: nothing goes there while it lasts, and traffic returns when it is over.</summary>
public sealed class RegionDownTests
{
    private static readonly ChaosExperiment s_down = new()
    {
        Name = "us-east is down",
        Fault = new(ChaosFaultKind.ConnectionRefused),
        Target = new() { Regions = ["us-east"] },
        Duration = TimeSpan.FromMinutes(5),
    };

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RegionDown_WhileItRuns_NothingReachesItAndTrafficReturnsAfterwards(WireProtocol protocol, bool streaming)
    {
        await using var east = await LoopbackProvider.StartAsync("From the east.");
        await using var west = await LoopbackProvider.StartAsync("From the west.");
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        using var ladder = Ladder(chaos, east.Client(protocol), west.Client(protocol));

        var before = await Heard.FromAsync(ladder, streaming);
        chaos.Start(s_down, "test");
        var during = await Heard.FromAsync(ladder, streaming);
        var callsWhileDown = east.Calls;
        chaos.Stop(s_down.Name, "test");
        var afterwards = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(("From the east.", "From the west.", "From the east."), (before.Text, during.Text, afterwards.Text));
        Assert.Equal((1, 2, 1), (callsWhileDown, east.Calls, west.Calls));
        Assert.Equal(FailureKind.Network, during.Report!.Attempts[0].Failure);
    }

    /// <summary>The silence ends with the experiment: who waited gets the provider's answer, and only one request went out.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RegionSilent_StoppedWhileACallWaits_TheProviderAnswersIt(WireProtocol protocol, bool streaming)
    {
        await using var east = await LoopbackProvider.StartAsync("From the east.");
        await using var west = await LoopbackProvider.StartAsync("From the west.");
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        using var ladder = Ladder(chaos, east.Client(protocol), west.Client(protocol));
        var run = chaos.Start(s_down with { Fault = new(ChaosFaultKind.Hang) }, "test");

        var asking = Heard.FromAsync(ladder, streaming);
        Assert.Equal((1, 0), (run.Injected, east.Calls));
        chaos.Kill("test");

        Assert.Equal("From the east.", (await asking.Soon()).Text);
        Assert.Equal((1, 0), (east.Calls, west.Calls));
    }

    /// <summary>A stream that is cut on purpose ends the SDK's own stream as well: no request is left open at the provider.</summary>
    [Theory]
    [InlineData(WireProtocol.Anthropic)]
    [InlineData(WireProtocol.OpenAI)]
    public async Task StreamCut_AfterItsFirstContent_TheOtherRegionGoesOnAndNothingStaysOpen(WireProtocol protocol)
    {
        await using var east = await LoopbackProvider.StartAsync("From the east.");
        await using var west = await LoopbackProvider.StartAsync("From the west.");
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        using var ladder = Ladder(chaos, east.Client(protocol), west.Client(protocol));
        chaos.Start(s_down with { Fault = ChaosFault.CutAfter(1) }, "test");

        var heard = await Heard.FromAsync(ladder, streaming: true);

        Assert.True(heard.Report!.WasContinued);
        Assert.EndsWith("the west.", heard.Text, StringComparison.Ordinal);
        await east.WhenIdleAsync().Soon();
        await west.WhenIdleAsync().Soon();
    }

    private static IChatClient Ladder(ChaosController chaos, IChatClient east, IChatClient west) => new ResilientChatBuilder()
        .WithRetries(0)
        .WithChaos(chaos)
        .AddModel("model", model => model
            .RouteBy(RoutingStrategy.Ordered)
            .AddEndpoint("east", east, static endpoint => endpoint.InRegion("us-east", "US"))
            .AddEndpoint("west", west, static endpoint => endpoint.InRegion("us-west", "US")))
        .Build();
}
