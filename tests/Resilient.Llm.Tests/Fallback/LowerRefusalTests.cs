using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A model that is asked because a better one is out does not speak for the ladder when it refuses the request.</summary>
public sealed class LowerRefusalTests
{
    private readonly LadderLab _lab = new();

    public enum Outage
    {
        CircuitOpen,
        Isolated,
        RegionIsolated,
        RegionDrained,
        RateLimited,
        QuotaExhausted,
        ProbeOut,
    }

    [Theory]
    [BothWaysData(Outage.CircuitOpen, 400)]
    [BothWaysData(Outage.Isolated, 400)]
    [BothWaysData(Outage.RegionIsolated, 422)]
    [BothWaysData(Outage.RegionDrained, 400)]
    [BothWaysData(Outage.RateLimited, 400)]
    [BothWaysData(Outage.RateLimited, 413)]
    [BothWaysData(Outage.QuotaExhausted, 413)]
    [BothWaysData(Outage.CircuitOpen, 413)]
    [BothWaysData(Outage.ProbeOut, 400)]
    public async Task Refusal_BetterModelPassedOver_RemainingStepsAnswer(Outage outage, int status, bool streaming)
    {
        using var ladder = await LadderAsync(outage, LadderLab.Status(status), streaming, hasThird: true);
        using var withLastResort = await LadderAsync(outage, LadderLab.Status(status), streaming, hasThird: false, hasLastResort: true);

        for (var i = 0; i < 12; i++)
        {
            Assert.Equal("from third", (await ladder.AskAsync(streaming, $"question {i}")).Text);
            Assert.Equal(AnswerSource.LastResort, (await withLastResort.AskAsync(streaming, $"question {i}")).GetResilienceReport()!.Source);
        }
    }

    [Theory]
    [BothWaysData(Outage.CircuitOpen, FailureKind.CircuitOpen)]
    [BothWaysData(Outage.Isolated, FailureKind.CircuitOpen)]
    [BothWaysData(Outage.RateLimited, FailureKind.Rejected)]
    [BothWaysData(Outage.QuotaExhausted, FailureKind.Rejected)]
    public async Task Refusal_BetterModelPassedOverAndNothingBelow_TheExceptionNamesTheOutage(Outage outage, FailureKind kind, bool streaming)
    {
        using var ladder = await LadderAsync(outage, LadderLab.Status(400), streaming);

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Equal(kind, failure.Kind);
        Assert.Equal(outage != Outage.Isolated, failure.RetryAfter > TimeSpan.Zero);
        Assert.Equal(FailureKind.InvalidRequest, failure.Report.Attempts[^1].Failure);
    }

    [BothWays]
    public async Task Refusal_BetterModelFailedInThisRequest_TheExceptionNamesTheOutageAndItsRetryAfter(bool streaming)
    {
        using var ladder = _lab.Builder()
            .WithRetries(0)
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.RateLimited(TimeSpan.FromSeconds(40))))
            .AddModel("second", ScriptedChatClient.Throwing(LadderLab.Status(400)))
            .Build();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(40)), (failure.Kind, failure.RetryAfter!.Value));
    }

    [BothWays]
    public async Task Refusal_OutageGoesOn_NeverReachesTheCaller(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(503));
        using var ladder = _lab.Builder()
            .WithRetries(0)
            .AddModel("primary", _lab.Primary)
            .AddModel("second", ScriptedChatClient.Throwing(LadderLab.Status(400)))
            .Build();

        for (var i = 0; i < 40; i++)
        {
            var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming, $"question {i}")));
            Assert.True(failure.Kind is FailureKind.ServerError or FailureKind.CircuitOpen);
            _lab.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [BothWays]
    public async Task Refusal_OfTheBestThatTheRequestMayAsk_ComesBackAsItCame(bool streaming)
    {
        var mistake = LadderLab.Status(400);
        using var ladder = _lab.Builder()
            .AddModel("us", ScriptedChatClient.Answering("from us"), static model => model.InRegion("eastus", "US"))
            .AddModel("blind", ScriptedChatClient.Answering("from blind"), static model => model.InRegion("westeurope", "EU").WithCapabilities(ChatCapabilities.None))
            .AddModel("eu", ScriptedChatClient.Throwing(mistake), static model => model.InRegion("westeurope", "EU"))
            .AddLastResort()
            .Build();
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.Json }.WithResidency(DataResidency.Within("EU"));

        Assert.Same(mistake, await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming, options: options)));
    }

    [BothWays]
    public async Task Refusal_OfASiblingWhileAnEndpointIsOut_StepsDown(bool streaming)
    {
        var lab = new RegionLab();
        lab.Sweden.Always(Scripted.Throw(LadderLab.Status(503)));
        lab.France.Always(Scripted.Throw(LadderLab.Status(400)));
        using var ladder = lab.Regions(configure: static chat => chat.WithRetries(0));

        for (var i = 0; i < 20; i++)
        {
            // The same question each time: the sibling does not become suspect.
            Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        }

        Assert.Equal(CircuitState.Open, RegionLab.CircuitInSweden(ladder).State);
    }

    [BothWays]
    public async Task RandomOutagesAndRefusals_ReachNoCaller(bool streaming)
    {
        var random = new Random(20_261_129);
        for (var world = 0; world < 60; world++)
        {
            var lab = new LadderLab();
            var outage = random.Next(4);
            var primary = new RefusingClient("primary", _ => outage switch
            {
                0 => LadderLab.Status(random.Next(500, 505)),
                1 => LadderLab.RateLimited(TimeSpan.FromSeconds(random.Next(1, 100))),
                2 => new IOException("reset"),
                _ => LadderLab.Status(401),
            });
            var builder = lab.Builder().WithRetries(0).AddModel("primary", primary);
            var below = random.Next(1, 4);
            for (var i = 0; i < below; i++)
            {
                builder.AddModel($"model {i}", new RefusingClient($"model {i}", _ => LadderLab.Status(random.Next(3) switch { 0 => 400, 1 => 413, _ => 422 })));
            }

            using var ladder = builder.Build();
            for (var i = 0; i < 25; i++)
            {
                var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => lab.RunAsync(ladder.AskAsync(streaming, $"question {i}")));
                Assert.False(failure.Kind is FailureKind.InvalidRequest or FailureKind.ContextTooLong, $"world {world}, question {i}: {failure.Kind}");
                lab.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(3_000)));
            }
        }
    }

    private async Task<IChatClient> LadderAsync(Outage outage, Exception refusal, bool streaming, bool hasThird = false, bool hasLastResort = false)
    {
        var primary = new RefusingClient("primary");
        var builder = _lab.Builder()
            .WithRetries(0)
            .AddModel("primary", primary, static model => model.InRegion("here", "EU").WithContextWindow(8_000))
            .AddModel("second", new RefusingClient("second", _ => refusal), static model => model.InRegion("there", "EU").WithContextWindow(4_000));
        if (hasThird)
        {
            builder.AddModel("third", new RefusingClient("third"), static model => model.WithContextWindow(16_000));
        }

        if (hasLastResort)
        {
            builder.AddLastResort();
        }

        var ladder = builder.Build();
        primary.Refuses = _ => outage switch
        {
            Outage.RateLimited => LadderLab.RateLimited(TimeSpan.FromMinutes(4)),
            Outage.QuotaExhausted => LadderLab.Status(402),
            _ => LadderLab.Status(503),
        };
        switch (outage)
        {
            case Outage.Isolated:
                ladder.Circuit("primary").Isolate();
                break;
            case Outage.RegionIsolated:
                ladder.GetRequiredService<ChatRegions>().Isolate("here");
                break;
            case Outage.RegionDrained:
                ladder.GetRequiredService<ChatRegions>().Drain("here");
                break;
            default:
                for (var i = 0; i < 5; i++)
                {
                    await Record.ExceptionAsync(() => ladder.AskAsync(streaming));
                }

                break;
        }

        if (outage == Outage.ProbeOut)
        {
            // One request has the probe permit and keeps it.
            _lab.Clock.Advance(TimeSpan.FromSeconds(15));
            Assert.True(ladder.Circuit("primary").Breaker.TryEnter(out _));
        }

        return ladder;
    }
}
