using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Slow calls as the breaker's client sees them: plain ones by their answers, streams by their first content.</summary>
public sealed class SlowCallTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task SlowCalls_StillPending_OpenTheCircuit(bool streaming)
    {
        var client = Client();
        var calls = await PendAsync(client, streaming, 5);
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.True(Availability(client).IsSlow);
        var refused = await Assert.ThrowsAsync<BrokenCircuitException>(() => client.AskAsync(streaming));
        Assert.Contains("slow", refused.Message, StringComparison.Ordinal);
        Assert.Equal(5, _lab.Primary.CallCount);
        foreach (var call in calls)
        {
            Assert.Equal("late", (await _lab.RunAsync(call)).Text);
        }

        Assert.Equal(CircuitState.HalfOpen, client.Breaker.State);
    }

    [BothWays]
    public async Task SlowCalls_SwitchedOff_OpenNothing(bool streaming)
    {
        var client = new CircuitBreakerChatClient(_lab.Primary, new() { SlowCallDuration = Timeout.InfiniteTimeSpan }, null, _lab.Clock, static () => 0);
        var calls = await PendAsync(client, streaming, 20);
        _lab.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(CircuitState.Closed, client.Breaker.State);

        await _lab.RunAsync(Task.WhenAll(calls));
        Assert.Equal(new CircuitCounts(20, 0, 0), client.Breaker.Counts);
    }

    [Fact]
    public async Task SlowStream_ReasoningCameInTime_IsSlowAllTheSame()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("hm"), new TextContent("done")).Paced(_lab.Clock, TimeSpan.FromSeconds(1.5)));
        var client = Client();
        var calls = Enumerable.Range(0, 5).Select(_ => client.AskAsync(streaming: true)).ToArray();
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.True(Availability(client).IsSlow);
        await _lab.RunAsync(Task.WhenAll(calls));
    }

    [Fact]
    public async Task SlowStream_ContentCameInTime_MayThenTakeItsTime()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Answer("a", "b", "c").Paced(_lab.Clock, TimeSpan.FromSeconds(1.5)));
        var client = Client();
        var calls = Enumerable.Range(0, 20).Select(_ => client.AskAsync(streaming: true)).ToArray();
        await _lab.RunAsync(Task.WhenAll(calls));

        Assert.Equal(new CircuitCounts(20, 0, 0), client.Breaker.Counts);
    }

    [BothWays]
    public async Task SlowCall_AnswersLate_IsCountedOnce(bool streaming)
    {
        var client = Client();
        var calls = await PendAsync(client, streaming, 1, TimeSpan.FromSeconds(3));
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(new CircuitCounts(1, 0, 0, SlowCalls: 1), client.Breaker.Counts);

        await _lab.RunAsync(calls[0]);

        Assert.Equal(new CircuitCounts(1, 0, 0, SlowCalls: 1), client.Breaker.Counts);
    }

    [BothWays]
    public async Task SlowCall_CancelledInTime_IsNeutral(bool streaming)
    {
        LadderLab.GoOnInline();
        var client = Client();
        _lab.Primary.Always(Scripted.Hang());
        for (var i = 0; i < 20; i++)
        {
            using var caller = new CancellationTokenSource();
            var asking = client.AskAsync(streaming, cancellationToken: caller.Token);
            _lab.Clock.Advance(TimeSpan.FromSeconds(1.9));
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }

        _lab.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((CircuitState.Closed, default(CircuitCounts)), (client.Breaker.State, client.Breaker.Counts));
    }

    [BothWays]
    public async Task SlowCall_FailsLate_CountsAsBoth(bool streaming)
    {
        var client = Client();
        _lab.Primary.Always(Scripted.Throw(LadderLab.Status(500)).Delayed(_lab.Clock, TimeSpan.FromSeconds(3)));
        await Assert.ThrowsAsync<HttpRequestException>(() => _lab.RunAsync(client.AskAsync(streaming)));

        Assert.Equal(new CircuitCounts(1, 1, 1, SlowCalls: 1), client.Breaker.Counts);
    }

    [Fact]
    public async Task SlowStream_AbandonedWhileItIsPending_IsWatchedNoMore()
    {
        LadderLab.GoOnInline();
        var client = Client();
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("hm"), new TextContent("done")));
        for (var i = 0; i < 20; i++)
        {
            await using var stream = client.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
            Assert.True(await stream.MoveNextAsync());
        }

        _lab.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(default, client.Breaker.Counts);
    }

    [BothWays]
    public async Task Probe_Slow_OpensForSlownessAgain(bool streaming)
    {
        var client = await OpenForSlownessAsync(streaming);
        await _lab.RunAsync(client.AskAsync(streaming));

        Assert.True(Availability(client).IsSlow);
        Assert.InRange(client.Breaker.ReopensIn!.Value, TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(30));
    }

    [BothWays]
    public async Task Probe_Fast_Closes(bool streaming)
    {
        var client = await OpenForSlownessAsync(streaming);
        _lab.Primary.Always(Scripted.Answer("back").Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        await _lab.RunAsync(client.AskAsync(streaming));

        Assert.Equal(CircuitState.Closed, client.Breaker.State);
    }

    [BothWays]
    public async Task TakesSlow_IsLetIn_AndItsFailuresOpenForGood(bool streaming)
    {
        var client = Client();
        await PendAsync(client, streaming, 5);
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(Availability(client).IsSlow);
        _lab.Primary.Always(Scripted.Answer("better late"));
        Assert.Equal("better late", (await client.AskAsync(streaming, options: TakingSlow(streaming))).Text);

        _lab.FailPrimary();
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, options: TakingSlow(streaming)));
        }

        Assert.Equal((FailureKind.CircuitOpen, false), (Availability(client).Refusal, Availability(client).IsSlow));
        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.AskAsync(streaming, options: TakingSlow(streaming)));
    }

    private static Llm.Endpoints.Availability Availability(CircuitBreakerChatClient client) => ((IAvailability)client).Check();

    private CircuitBreakerChatClient Client() => new(_lab.Primary, new() { SlowCallDuration = TimeSpan.FromSeconds(2) }, null, _lab.Clock, static () => 0);

    private ResilientChatOptions TakingSlow(bool streaming) => new()
    {
        Context = new(_lab.Clock, streaming, CancellationToken.None),
        Attempt = AttemptPlan.Alone with { TakesSlow = true },
    };

    private Task<Task<ChatResponse>[]> PendAsync(CircuitBreakerChatClient client, bool streaming, int count, TimeSpan? time = null)
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Answer("late").Delayed(_lab.Clock, time ?? TimeSpan.FromSeconds(30)));
        return Task.FromResult(Enumerable.Range(0, count).Select(_ => client.AskAsync(streaming)).ToArray());
    }

    private async Task<CircuitBreakerChatClient> OpenForSlownessAsync(bool streaming)
    {
        var client = Client();
        await Task.WhenAll((await PendAsync(client, streaming, 5, TimeSpan.FromSeconds(3))).Select(call => _lab.RunAsync(call)));
        Assert.True(Availability(client).IsSlow);
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(CircuitState.HalfOpen, client.Breaker.State);
        return client;
    }
}
