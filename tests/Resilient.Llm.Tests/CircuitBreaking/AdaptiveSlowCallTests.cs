using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A circuit whose bound follows its endpoint, and what the endpoint's statistics learn of slow calls: nothing.</summary>
public sealed class AdaptiveSlowCallTests
{
    private readonly LadderLab _lab = new();
    private readonly EndpointLatency _latency = new();

    [BothWays]
    public async Task SlowCalls_NothingKnownYet_OpenNothing(bool streaming)
    {
        var client = Client();
        await AnswerAsync(client, streaming, seconds: 0.3, times: 19);
        var calls = Pend(client, streaming, seconds: 20, count: 40);
        _lab.Clock.Advance(TimeSpan.FromSeconds(19));

        Assert.Equal((CircuitState.Closed, 0), (client.Breaker.State, client.Breaker.Counts.SlowCalls));
        await _lab.RunAsync(Task.WhenAll(calls));
        Assert.Equal(TimeSpan.FromSeconds(20), _latency.Percentile(streaming, 1));
    }

    [BothWays]
    public async Task SlowCalls_FourTimesTheUsualTime_OpenTheCircuit(bool streaming)
    {
        var client = Client();
        await AnswerAsync(client, streaming, seconds: 9, times: 20);

        var calls = Pend(client, streaming, seconds: 60);
        _lab.Clock.Advance(TimeSpan.FromSeconds(35.9));
        Assert.Equal(0, client.Breaker.Counts.SlowCalls);
        _lab.Clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(CircuitState.Open, client.Breaker.State);
        await _lab.RunAsync(Task.WhenAll(calls));
    }

    [BothWays]
    public async Task SlowCalls_OfOneKindBesideLongOnesOfTheOther_AreNoticedInTime(bool streaming)
    {
        var client = Client();
        await AnswerAsync(client, !streaming, seconds: 15, times: 20);
        await AnswerAsync(client, streaming, seconds: 0.3, times: 20);
        var others = Pend(client, !streaming, seconds: 20);
        var calls = Pend(client, streaming, seconds: 20);
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(CircuitState.Open, client.Breaker.State);
        await _lab.RunAsync(Task.WhenAll([.. others, .. calls]));
    }

    [BothWays]
    public async Task Bound_GrowsWhileCallsArePending_TheyKeepTheirs(bool streaming)
    {
        var client = Client();
        await AnswerAsync(client, streaming, seconds: 1, times: 20);
        var calls = Pend(client, streaming, seconds: 10);
        for (var i = 0; i < 200; i++)
        {
            _latency.Record(streaming, TimeSpan.FromSeconds(9));
        }

        _lab.Clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(CircuitState.Open, client.Breaker.State);
        await _lab.RunAsync(Task.WhenAll(calls));
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Answers_OfSlowCalls_AreNotUsual(bool streaming, bool isFixed)
    {
        var client = Client(isFixed ? TimeSpan.FromSeconds(2) : null);
        await AnswerAsync(client, streaming, seconds: 0.3, times: 20);

        await AnswerAsync(client, streaming, seconds: 10, times: 50, takesSlow: true);
        Assert.Equal(TimeSpan.FromSeconds(0.3), _latency.Percentile(streaming, 1));

        // Routing goes by how it is now.
        Assert.InRange(_latency.Average(streaming)!.Value, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(10));

        await AnswerAsync(client, streaming, seconds: 1.9, times: 20, takesSlow: true);
        Assert.Equal(TimeSpan.FromSeconds(1.9), _latency.Percentile(streaming, 1));
    }

    [BothWays]
    public async Task CallsGivenUp_OnceTheyAreSlow_LeaveNoTime(bool streaming)
    {
        var client = Client();
        await AnswerAsync(client, streaming, seconds: 0.3, times: 20);

        await CancelAsync(client, streaming, seconds: 2, times: 20);
        Assert.Equal(TimeSpan.FromSeconds(0.3), _latency.Percentile(streaming, 1));

        await CancelAsync(client, streaming, seconds: 1.9, times: 20);
        Assert.Equal(TimeSpan.FromSeconds(1.9), _latency.Percentile(streaming, 1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1.9)]
    public async Task AbandonedStreams_OnceTheyAreSlow_LeaveNoTime(double silence)
    {
        var client = Client();
        await AnswerAsync(client, streaming: true, seconds: 0.3, times: 20);
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("hm"), new TextContent("done")));
        for (var i = 0; i < 20; i++)
        {
            await using var stream = client.GetStreamingResponseAsync(LadderLab.Ask(), TakingSlow(true)).GetAsyncEnumerator();
            Assert.True(await stream.MoveNextAsync());
            _lab.Clock.Advance(TimeSpan.FromSeconds(silence));
        }

        Assert.Equal(TimeSpan.FromSeconds(silence < 2 ? silence : 0.3), _latency.Percentile(true, 1));
    }

    // What is beyond four times at once stays slow; this is not.
    [BothWays]
    public async Task Bound_EndpointBecomesSlowerByAndBy_FollowsIt(bool streaming)
    {
        var client = Client();
        foreach (var seconds in (double[])[1, 3, 9])
        {
            await AnswerAsync(client, streaming, seconds, times: 200);
        }

        Assert.Equal((CircuitState.Closed, TimeSpan.FromSeconds(9)), (client.Breaker.State, _latency.Percentile(streaming, 0.5)));
    }

    /// <param name="duration">What the user set; null: half a second of hedging delay is all there is to go by.</param>
    private CircuitBreakerChatClient Client(TimeSpan? duration = null)
    {
        LadderLab.GoOnInline();
        var bound = SlowCallBound.Adaptive(_lab.Clock, TimeSpan.FromSeconds(0.5), 0.95, _latency);
        return new(_lab.Primary, new CircuitBreaker(new() { SlowCallDuration = duration }, _lab.Clock, static () => 0, bound), null, _lab.Clock, _latency);
    }

    private async Task AnswerAsync(CircuitBreakerChatClient client, bool streaming, double seconds, int times, bool takesSlow = false)
    {
        _lab.Primary.Always(Scripted.Answer("a").Delayed(_lab.Clock, TimeSpan.FromSeconds(seconds)));
        for (var i = 0; i < times; i++)
        {
            await _lab.RunAsync(client.AskAsync(streaming, options: takesSlow ? TakingSlow(streaming) : null));
        }
    }

    private async Task CancelAsync(CircuitBreakerChatClient client, bool streaming, double seconds, int times)
    {
        _lab.Primary.Always(Scripted.Hang());
        for (var i = 0; i < times; i++)
        {
            using var caller = new CancellationTokenSource();
            var options = TakingSlow(streaming, caller.Token);
            var asking = client.AskAsync(streaming, options: options, cancellationToken: caller.Token);
            _lab.Clock.Advance(TimeSpan.FromSeconds(seconds));
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }
    }

    /// <summary>Starts calls at once, when those before them are out of the circuit's window.</summary>
    private Task<ChatResponse>[] Pend(CircuitBreakerChatClient client, bool streaming, double seconds, int count = 5)
    {
        _lab.Clock.Advance(TimeSpan.FromSeconds(11));
        _lab.Primary.Always(Scripted.Answer("late").Delayed(_lab.Clock, TimeSpan.FromSeconds(seconds)));
        return [.. Enumerable.Range(0, count).Select(_ => client.AskAsync(streaming))];
    }

    private ResilientChatOptions TakingSlow(bool streaming, CancellationToken caller = default) => new()
    {
        Context = new(_lab.Clock, streaming, caller),
        Attempt = AttemptPlan.Alone with { TakesSlow = true },
    };
}
