using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Routing;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>An endpoint that was slow and is not any more.</summary>
public sealed class RecoveredEndpointTests
{
    private const double ExploresTheLast = LowestLatencyRouting.Exploration * 0.75;

    private readonly RegionLab _lab = new();

    /// <summary>The slow times are no longer true, and so seldom does another endpoint go first that they would stand for thousands of requests.</summary>
    [BothWays]
    public async Task LowestLatency_ProbeOfTheSlowEndpointWasQuick_ItGoesFirstAgain(bool streaming)
    {
        var ladder = Ladder();
        Take(_lab.Sweden, "sweden", 10);
        Take(_lab.France, "france", 300);
        await AskAsync();
        await AskAsync();
        Assert.Equal("sweden", await AskAsync());

        Take(_lab.Sweden, "sweden", 5_000);
        await AskAsync();
        Assert.Equal(CircuitState.Open, RegionLab.CircuitInSweden(ladder).State);
        Assert.Equal("france", await AskAsync());

        Take(_lab.Sweden, "sweden", 10);
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        _lab.Draw = ExploresTheLast;
        Assert.Equal("sweden", await AskAsync());
        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(ladder).State);

        _lab.Draw = 0.5;
        Assert.Equal("sweden", await AskAsync());
        Assert.Equal("sweden", await AskAsync());

        async Task<string> AskAsync() => (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;
    }

    /// <summary>The circuit may close long before the last of the slow calls has its answer.</summary>
    [BothWays]
    public async Task LowestLatency_SlowCallEndsAfterTheEndpointRecovered_ItStillGoesFirst(bool streaming)
    {
        var ladder = Ladder();
        Take(_lab.Sweden, "sweden", 10);
        Take(_lab.France, "france", 300);
        await AskAsync();
        await AskAsync();
        Take(_lab.Sweden, "late", 600_000);
        var late = ladder.AskAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("france", await AskAsync());
        Take(_lab.Sweden, "sweden", 10);
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskAsync();
        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(ladder).State);
        Assert.False(late.IsCompleted);

        Assert.Equal("late", (await _lab.RunAsync(late)).Text);

        Assert.Equal("sweden", await AskAsync());

        async Task<string> AskAsync() => (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;
    }

    private IChatClient Ladder() => _lab.Regions(
        static model => model.RouteBy(RoutingStrategy.LowestLatency).WithCircuitBreaker(static breaker =>
        {
            breaker.FailureThreshold = 1;
            breaker.SlowCallRatio = 0.01;
            breaker.SlowCallDuration = TimeSpan.FromSeconds(1);
        }),
        static chat => chat.AnswerWithin(Timeout.InfiniteTimeSpan).WithFallback(static fallback => fallback.FailbackDelay = TimeSpan.Zero));

    private void Take(ScriptedChatClient endpoint, string answer, int milliseconds) =>
        endpoint.Always(Scripted.Answer(answer).Delayed(_lab.Clock, TimeSpan.FromMilliseconds(milliseconds)));
}
