using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>An endpoint that was slow and is not any more.</summary>
public sealed class RecoveredEndpointTests
{
    private const double ExploresTheLast = LowestLatencyRouting.Exploration * 0.75;

    private readonly LadderLab _lab = new();
    private readonly ScriptedChatClient _sweden = new ScriptedChatClient().Always(Scripted.Answer("sweden"));
    private readonly ScriptedChatClient _france = new ScriptedChatClient().Always(Scripted.Answer("france"));

    /// <summary>The slow times are no longer true, and so seldom does another endpoint go first that they would stand for thousands of requests.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LowestLatency_ProbeOfTheSlowEndpointWasQuick_ItGoesFirstAgain(bool streaming)
    {
        var ladder = Ladder();
        Take(_sweden, "sweden", 10);
        Take(_france, "france", 300);
        await AskAsync();
        await AskAsync();
        Assert.Equal("sweden", await AskAsync());

        Take(_sweden, "sweden", 5_000);
        await AskAsync();
        Assert.Equal(CircuitState.Open, Circuit(ladder).State);
        Assert.Equal("france", await AskAsync());

        Take(_sweden, "sweden", 10);
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        _lab.Draw = ExploresTheLast;
        Assert.Equal("sweden", await AskAsync());
        Assert.Equal(CircuitState.Closed, Circuit(ladder).State);

        _lab.Draw = 0.5;
        Assert.Equal("sweden", await AskAsync());
        Assert.Equal("sweden", await AskAsync());

        async Task<string> AskAsync() => (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;
    }

    /// <summary>The circuit may close long before the last of the slow calls has its answer.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LowestLatency_SlowCallEndsAfterTheEndpointRecovered_ItStillGoesFirst(bool streaming)
    {
        var ladder = Ladder();
        Take(_sweden, "sweden", 10);
        Take(_france, "france", 300);
        await AskAsync();
        await AskAsync();
        Take(_sweden, "late", 600_000);
        var late = ladder.AskAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("france", await AskAsync());
        Take(_sweden, "sweden", 10);
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskAsync();
        Assert.Equal(CircuitState.Closed, Circuit(ladder).State);
        Assert.False(late.IsCompleted);

        Assert.Equal("late", (await _lab.RunAsync(late)).Text);

        Assert.Equal("sweden", await AskAsync());

        async Task<string> AskAsync() => (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;
    }

    private IChatClient Ladder() => _lab.Builder()
        .AddModel("primary", model => model
            .RouteBy(RoutingStrategy.LowestLatency)
            .WithCircuitBreaker(static breaker =>
            {
                breaker.FailureThreshold = 1;
                breaker.SlowCallRatio = 0.01;
                breaker.SlowCallDuration = TimeSpan.FromSeconds(1);
            })
            .AddEndpoint("sweden", _sweden)
            .AddEndpoint("france", _france))
        .AnswerWithin(Timeout.InfiniteTimeSpan)
        .WithFallback(static fallback => fallback.FailbackDelay = TimeSpan.Zero)
        .Build();

    private static ChatCircuit Circuit(IChatClient ladder) => ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden");

    private void Take(ScriptedChatClient endpoint, string answer, int milliseconds) =>
        endpoint.Always(Scripted.Answer(answer).Delayed(_lab.Clock, TimeSpan.FromMilliseconds(milliseconds)));
}
