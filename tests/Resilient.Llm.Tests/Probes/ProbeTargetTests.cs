using Microsoft.Extensions.AI;
using Resilient.Llm.Probes;
using Resilient.Llm.Telemetry;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Who is probed, and who never is.</summary>
public sealed class ProbeTargetTests
{
    [Theory]
    [InlineData("circuit isolated")]
    [InlineData("region isolated")]
    [InlineData("region drained")]
    [InlineData("rate limited")]
    public async Task Endpoint_KeptBack_IsNeverProbed(string how)
    {
        using var lab = new ProbeLab().Start(static probes => (probes.ProbeIdleEndpoints, probes.IdleAfter) = (true, TimeSpan.FromSeconds(30)));
        await lab.GoDownAsync();
        lab.ComeBack();
        var regions = lab.Ladder.GetRequiredService<ChatRegions>();
        switch (how)
        {
            case "circuit isolated":
                lab.Circuit.Isolate();
                break;
            case "region isolated":
                regions.Isolate("swedencentral");
                break;
            case "region drained":
                regions.Drain("swedencentral");
                break;
            default:
                // The trial is told to wait for longer than a cooldown ever lasts: 5 minutes, and a tenth of jitter.
                lab.Sweden.Always(Scripted.Throw(LadderLab.RateLimited(TimeSpan.FromHours(1))));
                lab.Pass(13.6);
                lab.ComeBack();
                break;
        }

        var pings = ProbeLab.Pings(lab.Sweden);
        lab.Pass(290);
        Assert.Equal(pings, ProbeLab.Pings(lab.Sweden));
        Assert.True(ProbeLab.Pings(lab.France) > 1, "The probes do not run at all.");

        // And afterwards as if nothing had been.
        lab.Circuit.Reset();
        regions.Restore("swedencentral");
        lab.Pass(120);
        Assert.True(ProbeLab.Pings(lab.Sweden) > pings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Residency_OfTheLadder_BindsProbes(bool isRequired)
    {
        using var lab = new ProbeLab();
        var (us, undeclared) = (Answering(), Answering());
        lab.Start(Often, chat =>
        {
            chat.WithResidency(DataResidency.Within("EU")).AddModel("abroad", us, static model => model.InRegion("eastus", "US")).AddModel("somewhere", undeclared);
            _ = isRequired ? chat.RequireResidency() : chat;
        });

        lab.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal((0, 0), (us.CallCount, undeclared.CallCount));
        Assert.True(lab.Sweden.CallCount > 10);
    }

    [Fact]
    public void Residency_OfTheProbes_NarrowsTheLadders()
    {
        using var lab = new ProbeLab();
        var (us, undeclared) = (Answering(), Answering());
        lab.Start(
            static probes =>
            {
                Often(probes);
                probes.Residency = DataResidency.Within("US", "CH");
            },
            chat => chat.AddModel("abroad", us, static model => model.InRegion("eastus", "US")).AddModel("somewhere", undeclared));

        lab.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal((0, 0), (lab.Sweden.CallCount, undeclared.CallCount));
        Assert.True(us.CallCount > 10);
    }

    /// <summary>Not even as far as the guard, whose refusal would cost budget and look like a failure.</summary>
    [Fact]
    public async Task Residency_EndpointsOutsideIt_AreNotTriedAtAll()
    {
        using var lab = new ProbeLab();
        lab.Start(
            Often,
            static chat => chat.WithResidency(DataResidency.Within("EU")).AddModel("abroad", Answering(), static model => model.InRegion("eastus", "US")).AddModel("somewhere", Answering()),
            isRunning: false);
        lab.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(["sweden", "france"], (await lab.Probes.ProbeAsync()).Select(static result => result.Endpoint));
    }

    [Fact]
    public void Residency_NoneDeclared_EveryEndpointIsProbed()
    {
        using var lab = new ProbeLab();
        var undeclared = Answering();
        lab.Start(Often, chat => chat.AddModel("somewhere", undeclared));

        lab.Clock.Advance(TimeSpan.FromHours(1));

        Assert.True(undeclared.CallCount > 10);
    }

    /// <summary>A probe that goes where it should not be is stopped by the guard all the same: the bound travels with it.</summary>
    [Fact]
    public async Task Guard_ProbeOfAnEndpointOutsideItsBound_IsRefused()
    {
        var provider = Answering();
        var clock = new ManualTimeProvider();
        var breaker = new CircuitBreaker(timeProvider: clock);
        var client = new CircuitBreakerChatClient(new EndpointGuardChatClient(provider, "us", "US"), breaker, null, clock);
        var plan = new ProbePlan(new() { ProbeIdleEndpoints = true }, DataResidency.Within("EU"), clock, ChatEvents.None);
        var endpoint = new ProbedEndpoint(new(new("us", "us", "eastus", "US"), client, client, breaker, ChatFailureClassifier.Default, null, new()), plan);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.NotNull((await endpoint.TryProbe(default))!.Failure);
        Assert.Equal(0, provider.CallCount);
    }

    [Fact]
    public void Ladder_BelowTheLadder_IsNotProbed()
    {
        using var lab = new ProbeLab();
        using var inner = lab.Lab.Builder().AddModel("inner", lab.Lab.Cheaper).Build();
        lab.Start(Often, chat => chat.AddModel("below", inner));

        lab.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, lab.Lab.Cheaper.CallCount);
        Assert.True(lab.Sweden.CallCount > 10);
    }

    private static void Often(ChatProbeOptions probes) => (probes.ProbeIdleEndpoints, probes.IdleAfter) = (true, TimeSpan.FromMinutes(1));

    private static ScriptedChatClient Answering() => new ScriptedChatClient().Always(Scripted.Answer("pong"));
}
