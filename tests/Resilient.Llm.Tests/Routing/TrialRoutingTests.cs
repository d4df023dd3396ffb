using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Routing;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>How soon <c>LowestLatency</c> notices that an endpoint is back, where requests are few and none explores.</summary>
public sealed class TrialRoutingTests
{
    private static readonly TimeSpan s_break = TimeSpan.FromSeconds(15);

    private readonly LadderLab _lab = new();
    private readonly ScriptedChatClient _sweden = new ScriptedChatClient().Always(Scripted.Answer("sweden"));
    private readonly ScriptedChatClient _france = new ScriptedChatClient().Always(Scripted.Answer("france"));

    [Theory]
    [BothWaysData(0)]
    [BothWaysData(30)]
    public async Task LowestLatency_EndpointRecovers_IsBackAfterTheBreakTwoRequestsAndTheFailbackDelay(bool streaming, int failbackDelay)
    {
        var ladder = await MeasuredAsync(streaming, failbackDelay);
        _sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        await AskAsync(ladder, streaming);
        Assert.Equal(CircuitState.Open, Circuit(ladder).State);
        Take(_sweden, "sweden", 10);

        var (trialAfter, backAfter) = await WatchAsync(ladder, streaming);

        // One request a second, and the time that each takes.
        Assert.InRange(trialAfter, s_break.TotalSeconds * 0.8, s_break.TotalSeconds + 2.1);
        Assert.InRange(backAfter, 0, trialAfter + failbackDelay + 2.1);
    }

    [BothWays]
    public async Task LowestLatency_EndpointIsQuickAgain_IsBackAfterTheBreakAndTwoRequests(bool streaming)
    {
        var ladder = await MeasuredAsync(streaming, failbackDelay: 0);
        Take(_sweden, "sweden", 5_000);
        await AskAsync(ladder, streaming);
        Assert.True(Circuit(ladder).Breaker.Check().IsSlow);
        Take(_sweden, "sweden", 10);

        var (trialAfter, backAfter) = await WatchAsync(ladder, streaming);

        Assert.InRange(trialAfter, 0, s_break.TotalSeconds + 2.1);
        Assert.InRange(backAfter, 0, trialAfter + 2.1);
    }

    [BothWays]
    public async Task LowestLatency_EndpointStaysDown_OneRequestABreakPays(bool streaming)
    {
        var ladder = await MeasuredAsync(streaming, failbackDelay: 30);
        _sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        var before = _sweden.CallCount;
        for (var i = 0; i < 3_600; i++)
        {
            Assert.Equal("france", await AskAsync(ladder, streaming));
            _lab.Clock.Advance(TimeSpan.FromSeconds(0.7));
        }

        // Breaks of 13.5 s, 27 s, 54 s, then of 108 s, and the request that found it down.
        Assert.InRange(_sweden.CallCount - before, 34, 38);
    }

    /// <summary>The trial is one request's: while it is out, all others go to the sibling at once.</summary>
    [BothWays]
    public async Task LowestLatency_BreakIsOver_OneRequestTriesItAndTheOthersGoToTheSibling(bool streaming)
    {
        var ladder = await MeasuredAsync(streaming, failbackDelay: 0);
        _sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        await AskAsync(ladder, streaming);
        Take(_sweden, "sweden", 800);
        _lab.Clock.Advance(s_break);
        var before = _sweden.CallCount;

        var asked = Enumerable.Range(0, 4).Select(_ => ladder.AskAsync(streaming)).ToArray();
        var answers = await _lab.RunAsync(Task.WhenAll(asked));

        Assert.Equal(["sweden", "france", "france", "france"], answers.Select(static answer => answer.Text));
        Assert.Equal(1, _sweden.CallCount - before);
    }

    /// <summary>Whoever makes one trial is not sent to the next one as well.</summary>
    [BothWays]
    public async Task LowestLatency_TwoBreaksAreOver_ARequestTriesOneOfThem(bool streaming)
    {
        LadderLab.GoOnInline();
        var poland = new ScriptedChatClient();
        _sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        poland.Always(Scripted.Throw(LadderLab.Status(404)));
        Take(_france, "france", 300);
        var ladder = _lab.Builder()
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10), s_break)
            .AddModel("primary", model => model.RouteBy(RoutingStrategy.LowestLatency).AddEndpoint("sweden", _sweden).AddEndpoint("poland", poland).AddEndpoint("france", _france))
            .Build();
        Assert.Equal("france", await AskAsync(ladder, streaming));
        Assert.Equal((1, 1), (_sweden.CallCount, poland.CallCount));
        _lab.Clock.Advance(s_break);

        Assert.Equal("france", await AskAsync(ladder, streaming));
        Assert.Equal(3, _sweden.CallCount + poland.CallCount);
    }

    /// <summary>A session that prefers France is not sent to the trial: those that prefer Sweden make it.</summary>
    [Fact]
    public async Task LowestLatency_SessionKey_KeepsItsOwnOrder()
    {
        var ladder = await MeasuredAsync(streaming: false, failbackDelay: 0);
        _sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        await AskAsync(ladder, streaming: false);
        Take(_sweden, "sweden", 10);
        _lab.Clock.Advance(s_break);
        var before = _sweden.CallCount;
        var key = Enumerable.Range(0, 100).Select(static i => $"session-{i}").First(PrefersFrance);

        Assert.Equal("france", (await _lab.RunAsync(ladder.AskAsync(false, options: new ResilientChatOptions { SessionKey = key }))).Text);
        Assert.Equal(before, _sweden.CallCount);

        static bool PrefersFrance(string key)
        {
            RoutedEndpoint[] order = [new("sweden"), new("france")];
            SessionAffinity.Order(order, key);
            return order[0].Name == "france";
        }
    }

    /// <summary>Asks once a second until Sweden has been tried, and then until it answers three in a row. Both in seconds.</summary>
    private async Task<(double TrialAfter, double BackAfter)> WatchAsync(IChatClient ladder, bool streaming)
    {
        var start = _lab.Clock.GetUtcNow();
        double? trial = null;
        var first = 0d;
        for (var row = 0; row < 3;)
        {
            var now = (_lab.Clock.GetUtcNow() - start).TotalSeconds;
            Assert.True(now < 120, "It never came back.");
            var isSweden = await AskAsync(ladder, streaming) == "sweden";
            trial ??= isSweden ? now : null;
            first = isSweden && row == 0 ? now : first;
            row = isSweden ? row + 1 : 0;
            _lab.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        return (trial!.Value, first);
    }

    /// <summary>Sweden takes 10 ms and France 300, and both have been measured.</summary>
    private async Task<IChatClient> MeasuredAsync(bool streaming, int failbackDelay)
    {
        LadderLab.GoOnInline();
        Take(_sweden, "sweden", 10);
        Take(_france, "france", 300);
        var ladder = _lab.Builder()
            .WithCircuitBreaker(static breaker =>
            {
                breaker.FailureThreshold = 1;
                breaker.FailureRatio = 0;
                breaker.BreakDuration = s_break;
                breaker.SlowCallRatio = 0.01;
                breaker.SlowCallDuration = TimeSpan.FromSeconds(1);
            })
            .WithRetries(0)
            .AddModel("primary", model => model.RouteBy(RoutingStrategy.LowestLatency).AddEndpoint("sweden", _sweden).AddEndpoint("france", _france))
            .WithFallback(fallback => fallback.FailbackDelay = TimeSpan.FromSeconds(failbackDelay))
            .Build();
        await AskAsync(ladder, streaming);
        await AskAsync(ladder, streaming);
        Assert.Equal("sweden", await AskAsync(ladder, streaming));
        return ladder;
    }

    private async Task<string> AskAsync(IChatClient ladder, bool streaming) => (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;

    private static ChatCircuit Circuit(IChatClient ladder) => ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden");

    private void Take(ScriptedChatClient endpoint, string answer, int milliseconds) =>
        endpoint.Always(Scripted.Answer(answer).Delayed(_lab.Clock, TimeSpan.FromMilliseconds(milliseconds)));
}
