using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Probes;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>The trial after a break: probes make it, and users do not pay for it.</summary>
public sealed class RecoveryProbeTests
{
    [BothWays]
    public async Task Endpoint_HasRecovered_IsFoundByTheProbeBeforeAnyRequest(bool streaming)
    {
        using var lab = new ProbeLab().Start(configure: static chat => chat.WithFallback(static options => options.FailbackDelay = TimeSpan.Zero));
        await lab.GoDownAsync(streaming);
        lab.ComeBack();

        lab.Pass(13.4);
        Assert.Equal((CircuitState.Open, 1), (lab.Circuit.State, lab.Sweden.CallCount));
        lab.Pass(0.2);

        Assert.Equal((CircuitState.Closed, 1), (lab.Circuit.State, ProbeLab.Pings(lab.Sweden)));
        Assert.Equal("from sweden", await lab.AskAsync(streaming));
    }

    /// <summary>Also with several requests a second, some of which come just when a break ends.</summary>
    [BothWays]
    public async Task Endpoint_StaysDownForAnHour_NoRequestPaysForATrial(bool streaming)
    {
        using var lab = new ProbeLab().Start();
        await lab.GoDownAsync(streaming);

        for (var i = 0; i < 36_000; i++)
        {
            lab.Pass(0.1);
            Assert.Equal("from france", await lab.AskAsync(streaming));
        }

        // The one that found it down. Breaks of 13.5 s, 27 s, 54 s and then of 108 s.
        Assert.Equal(1, ProbeLab.Requests(lab.Sweden));
        Assert.InRange(ProbeLab.Pings(lab.Sweden), 34, 37);
    }

    [BothWays]
    public async Task Model_StaysDown_RequestsGoToTheNextStepUntilTheProbeFindsItBack(bool streaming)
    {
        var lab = new LadderLab();
        LadderLab.GoOnInline();
        using var stopping = new CancellationTokenSource();
        using var ladder = lab.Builder()
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10))
            .WithActiveProbes()
            .AddModel("primary", lab.FailPrimary())
            .AddLastResort()
            .Build();
        var run = ladder.GetRequiredService<ChatProbes>().RunAsync(stopping.Token);
        for (var i = 0; i < 600; i++)
        {
            Assert.Equal(AnswerSource.LastResort, (await lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!.Source);
            lab.Clock.Advance(TimeSpan.FromSeconds(0.5));
        }

        Assert.Equal(1, ProbeLab.Requests(lab.Primary));
        lab.Primary.Always(Scripted.Answer("from primary"));
        lab.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("from primary", (await lab.RunAsync(ladder.AskAsync(streaming))).Text);
        stopping.Cancel();
        await run;
    }

    /// <summary>The budget went to Sweden, so nobody probes France: in the head start requests leave it alone, unless nobody else answers.</summary>
    [BothWays]
    public async Task Probe_HasNoBudget_RequestsTryTheEndpointWhereNobodyElseAnswersOrAfterTheHeadStart(bool streaming)
    {
        using var lab = await BothDownAsync(streaming);
        lab.France.Always(Scripted.Answer("from france"));
        lab.Pass(13.6);
        Assert.Equal((1, 0), (ProbeLab.Pings(lab.Sweden), ProbeLab.Pings(lab.France)));

        Assert.Equal("from cheaper", await lab.AskAsync(streaming));
        Assert.Equal(1, lab.France.CallCount);

        lab.Lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        Assert.Equal("from france", await lab.AskAsync(streaming));
    }

    /// <summary>A stream breaks, and the only one left is about to be probed: it is asked behind all others, but it is asked.</summary>
    [Fact]
    public async Task Probe_HasNoBudget_BrokenStreamIsContinuedThereWhereNobodyElseDoes()
    {
        using var lab = await BothDownAsync(streaming: true);
        lab.France.Always(Scripted.Answer("the end."));
        lab.Pass(13.6);
        lab.Lab.Cheaper.Then(Scripted.Answer("To be continued: ").BreakingAfter(1, new IOException("lost"))).Always(Scripted.Throw(LadderLab.Status(404)));

        Assert.Equal("To be continued: the end.", await lab.AskAsync(streaming: true));
        Assert.Equal(0, ProbeLab.Pings(lab.France));
    }

    /// <summary>A request that waits for the end of a break is not left to a probe for which there is no budget.</summary>
    [BothWays]
    public async Task Probe_HasNoBudget_RequestThatWaitsForTheEndOfTheBreakIsAnswered(bool streaming)
    {
        using var lab = await BothDownAsync(streaming);
        lab.France.Always(Scripted.Answer("from france"));
        lab.Lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        await Assert.ThrowsAsync<ChatUnavailableException>(() => lab.AskAsync(streaming));
        lab.Pass(12.5);

        Assert.Equal("from france", await lab.AskAsync(streaming));
        Assert.Equal(0, ProbeLab.Pings(lab.France));
    }

    /// <summary>What a rule of the application's threw never came to the endpoint: the permit goes back, and is not asked for again at once.</summary>
    [BothWays]
    public async Task Probe_FailsBeforeItsCall_GivesThePermitBack(bool streaming)
    {
        var (isBroken, configured) = (false, 0);
        using var lab = new ProbeLab().Start(model: model => model.ConfigureOptions(_ =>
        {
            configured++;
            if (isBroken)
            {
                throw new InvalidOperationException("rule");
            }
        }));
        await lab.GoDownAsync(streaming);
        lab.ComeBack();
        (isBroken, configured) = (true, 0);

        lab.Pass(13.6);

        Assert.Equal((1, 1), (configured, lab.Sweden.CallCount));
        isBroken = false;
        Assert.Equal("from sweden", await lab.AskAsync(streaming));
    }

    [BothWays]
    public async Task Probe_DoesNotComeInItsHeadStart_RequestsTryTheEndpoint(bool streaming)
    {
        using var lab = await BothDownAsync(streaming);
        lab.France.Always(Scripted.Answer("from france"));
        lab.Pass(13.5 + ProbeWatch.HeadStart.TotalSeconds);

        Assert.Equal("from france", await lab.AskAsync(streaming));
        Assert.Equal(0, ProbeLab.Pings(lab.France));
    }

    [BothWays]
    public async Task Probe_IsOut_RequestsGoToTheSibling(bool streaming)
    {
        using var lab = await new ProbeLab().Start().GoDownAsync();
        lab.Sweden.Always(Scripted.Hang());
        lab.Pass(13.6);
        Assert.Equal(1, ProbeLab.Pings(lab.Sweden));

        Assert.Equal("from france", await lab.AskAsync(streaming));
        lab.Pass(10);

        // Ten seconds are what a probe has by default: then it has failed, and the next break is twice as long.
        Assert.Equal(0, lab.Sweden.InFlight);
        Assert.InRange(lab.Circuit.ReopensIn!.Value.TotalSeconds, 26, 27);
    }

    [Fact]
    public async Task Circuit_WantsSeveralSuccesses_GetsThemFromProbes()
    {
        using var lab = new ProbeLab().Start(model: static model => model.WithCircuitBreaker(static breaker => breaker.SuccessesToClose = 3));
        await lab.GoDownAsync();
        lab.ComeBack();

        lab.Pass(13.6);

        Assert.Equal((CircuitState.Closed, 3), (lab.Circuit.State, ProbeLab.Pings(lab.Sweden)));
    }

    [BothWays]
    public async Task Run_CancelledInTheMiddleOfAProbe_LeavesTheCircuitAbleToProbeAgain(bool streaming)
    {
        using var lab = await new ProbeLab().Start(probes => probes.UseStreaming = streaming).GoDownAsync();
        lab.Sweden.Always(Scripted.Hang());
        lab.Pass(13.6);
        Assert.Equal(1, lab.Sweden.InFlight);

        lab.Stop();

        Assert.True(lab.Run.IsCompletedSuccessfully);
        Assert.Equal((0, 0), (lab.Sweden.InFlight, lab.Clock.ArmedTimers));
        Assert.Equal(CircuitState.HalfOpen, lab.Circuit.State);
        lab.ComeBack();
        Assert.Equal("from sweden", await lab.AskAsync(streaming));
        Assert.Equal(CircuitState.Closed, lab.Circuit.State);
    }

    [Fact]
    public async Task Run_Cancelled_RequestsFindOutAsWithoutProbes()
    {
        using var lab = await new ProbeLab().Start().GoDownAsync();
        lab.ComeBack();
        lab.Stop();

        lab.Pass(13.6);
        Assert.Equal(0, ProbeLab.Pings(lab.Sweden));
        Assert.Equal("from sweden", await lab.AskAsync());
    }

    /// <summary>Both endpoints are down, and there is budget for one probe a minute.</summary>
    private static async Task<ProbeLab> BothDownAsync(bool streaming)
    {
        var lab = new ProbeLab();
        lab.Start(static probes => probes.MaxProbesPerMinute = 1, chat => chat.AddModel("cheaper", lab.Lab.Cheaper));
        lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        lab.France.Always(Scripted.Throw(LadderLab.Status(404)));
        Assert.Equal("from cheaper", await lab.AskAsync(streaming));
        return lab;
    }
}
