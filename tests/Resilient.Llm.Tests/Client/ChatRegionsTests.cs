using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>An operator's switches for whole regions: a model in two regions of the EU, and a cheaper one beside the first of its endpoints.</summary>
public sealed partial class ChatRegionsTests
{
    private const string Sweden = RegionLab.SwedenCentral;
    private const string France = RegionLab.FranceCentral;

    private readonly RegionLab _lab = new();

    [BothWays]
    public async Task Isolate_Region_NoEndpointOfAnyModelThereIsAsked(bool streaming)
    {
        _lab.France.Always(Scripted.Throw(LadderLab.Status(404)));
        var ladder = Ladder();
        Regions(ladder).Isolate(Sweden);

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        var report = response.GetResilienceReport()!;
        Assert.Equal("last-resort", report.ServedBy);
        Assert.Equal((0, 1, 0), (_lab.Sweden.CallCount, _lab.France.CallCount, _lab.Cheaper.CallCount));
        Assert.Equal(
            [("primary", "france", null), ("primary", "sweden", "region isolated"), ("cheaper", "cheaper", "region isolated")],
            report.Attempts.Where(static a => a.Step != "last-resort").Select(static a => (a.Step, a.Endpoint, a.SkipReason)));
    }

    [BothWays]
    public async Task Isolate_TheOnlyRegionThatTheResidencyAllows_FailsClosed(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Sweden, static m => m.InRegion(Sweden, "EU"))
            .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("eastus", "US"))
            .Build();
        Regions(ladder).Isolate(Sweden);

        await Assert.ThrowsAsync<DataResidencyException>(() => ladder.AskAsync(streaming, options: new ResilientChatOptions { Residency = DataResidency.Within("EU") }));

        Assert.Equal((0, 0), (_lab.Sweden.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task Restore_Region_IsAskedAgainButNotWhatWasIsolatedByItself(bool streaming)
    {
        var ladder = Ladder();
        var circuit = ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden");
        circuit.Isolate();
        Regions(ladder).Isolate(Sweden);
        Assert.Equal(CircuitState.Closed, ladder.Circuit("cheaper").State);

        Regions(ladder).Restore(Sweden);
        Assert.Equal("from france", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
        Assert.Equal(CircuitState.Isolated, circuit.State);

        circuit.Reset();
        Assert.Equal("from sweden", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
    }

    [BothWays]
    public async Task Drain_Region_AnybodyElseIsAskedFirst(bool streaming)
    {
        var ladder = Ladder();
        Regions(ladder).Drain(Sweden);

        var first = await _lab.RunAsync(ladder.AskAsync(streaming));
        _lab.France.Always(Scripted.Throw(LadderLab.Status(404)));
        var second = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from france", first.Text);
        Assert.Single(first.GetResilienceReport()!.Attempts);
        Assert.Equal("from sweden", second.Text);
        Assert.Contains(second.GetResilienceReport()!.Attempts, static attempt => attempt.SkipReason == "region drained");
        Assert.Equal((1, 0), (_lab.Sweden.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task Drain_EveryRegion_RequestsAreAnsweredThereAllTheSameInTheirOrder(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        var ladder = Ladder();
        Regions(ladder).Drain(Sweden);
        Regions(ladder).Drain(France);

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from france", response.Text);
        Assert.Equal((1, 0), (_lab.Sweden.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task Drain_BesideAModelThatIsSlow_IsAskedBehindIt(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Sweden, static m => m.InRegion(Sweden))
            .AddModel("cheaper", _lab.France, static m => m
                .InRegion(France).WithCircuitBreaker(static o => (o.SlowCallDuration, o.FailureThreshold) = (TimeSpan.FromSeconds(1), 2)))
            .Build();
        Regions(ladder).Isolate(Sweden);
        _lab.France.Always(Scripted.Answer("late").Delayed(_lab.Clock, TimeSpan.FromSeconds(2)));
        await _lab.RunAsync(Task.WhenAll(ladder.AskAsync(streaming), ladder.AskAsync(streaming)));
        Regions(ladder).Drain(Sweden);

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("late", response.Text);
        Assert.Equal(["region drained", "slow", null], response.GetResilienceReport()!.Attempts.Select(static a => a.SkipReason));
        Assert.Equal(0, _lab.Sweden.CallCount);
    }

    [BothWays]
    public async Task Drain_CircuitIsOpen_IsNotAskedAndWhenHalfOpenByOneProbeOnly(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Sweden, static m => m.InRegion(Sweden).WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)))
            .AddLastResort()
            .Build();
        await _lab.RunAsync(ladder.AskAsync(streaming));
        Regions(ladder).Drain(Sweden);
        await _lab.RunAsync(ladder.AskAsync(streaming));
        Assert.Equal(1, _lab.Sweden.CallCount);

        _lab.Clock.Advance(TimeSpan.FromSeconds(6));
        _lab.Sweden.Always(Scripted.Answer("well again"));

        Assert.Equal("well again", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
    }

    [Fact]
    public void States_OfALadder_NameRegionsOnceWithWhatLiesThere()
    {
        var regions = Regions(Ladder());

        regions.Drain("SwedenCentral");
        regions.Isolate(" francecentral ");

        Assert.Equal(
            [(Sweden, "EU", "primary/sweden,cheaper", ChatRegionState.Drained), (France, "EU", "primary/france", ChatRegionState.Isolated)],
            regions.States.Select(static r => (r.Name, r.Geography, string.Join(',', r.Endpoints), r.State)));
    }

    [Theory]
    [InlineData("eastus")]
    [InlineData("sweden")]
    public void Switch_UnknownRegion_IsRefusedWithThoseThereAre(string region)
    {
        var regions = Regions(Ladder());

        foreach (var action in (Action<string>[])[regions.Drain, regions.Isolate, regions.Restore])
        {
            Assert.Equal(
                $"There is no region '{region}'. Known regions: 'swedencentral', 'francecentral'.",
                Assert.Throws<KeyNotFoundException>(() => action(region)).Message);
        }
    }

    [Fact]
    public void Switch_NoRegionDeclared_SaysHowToDeclareOne()
    {
        var regions = Regions(_lab.Models());

        Assert.Empty(regions.States);
        Assert.Contains("InRegion", Assert.Throws<KeyNotFoundException>(() => regions.Isolate(Sweden)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => regions.Isolate(" "));
    }

    [BothWays]
    public async Task Container_HandsOutTheSwitchesOfItsLadders(bool streaming)
    {
        using var provider = new ServiceCollection()
            .AddResilientChat(b => b.AddModel("one", _lab.Sweden, static m => m.InRegion(Sweden)).AddLastResort())
            .AddKeyedResilientChat("other", b => b.AddModel("two", _lab.France, static m => m.InRegion(Sweden)).AddLastResort())
            .BuildServiceProvider();

        provider.GetRequiredService<ChatRegions>().Isolate(Sweden);

        Assert.Equal(AnswerSource.LastResort, (await provider.GetRequiredService<IChatClient>().AskAsync(streaming)).GetResilienceReport()!.Source);
        Assert.Equal("from france", (await provider.GetRequiredKeyedService<IChatClient>("other").AskAsync(streaming)).Text);
        Assert.Equal(ChatRegionState.InService, Assert.Single(provider.GetRequiredKeyedService<ChatRegions>("other").States).State);
    }

    private static ChatRegions Regions(IChatClient ladder) => ladder.GetRequiredService<ChatRegions>();

    private IChatClient Ladder(Action<ChatModelBuilder>? configure = null, Action<ChatEndpointBuilder>? sweden = null) =>
        _lab.Regions(configure, static chat => chat.AddLastResort(), sweden);
}
