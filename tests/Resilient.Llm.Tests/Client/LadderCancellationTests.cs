using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderCancellationTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [BothWaysData(Hostility.IsDeaf)]
    [BothWaysData(Hostility.ThrowsWhenCancelled)]
    [BothWaysData(Hostility.FailsWhenCancelled)]
    public async Task Cancellation_ProviderDoesNotObeyIt_CallerReturnsAtOnceWithHisToken(bool streaming, Hostility hostility)
    {
        using var caller = new CancellationTokenSource();
        var ladder = _lab.Builder()
            .AddModel("primary", new HostileChatClient(hostility)).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();
        var asking = ladder.AskAsync(streaming, cancellationToken: caller.Token);

        await caller.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(caller.Token, cancelled.CancellationToken);
        Assert.Equal(0, _lab.Cheaper.CallCount);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [BothWays]
    public async Task Cancellation_BeforeTheCall_NobodyIsAsked(bool streaming)
    {
        var ladder = _lab.Whole();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ladder.AskAsync(streaming, cancellationToken: new(canceled: true)));

        Assert.Equal(0, _lab.Primary.CallCount + _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Cancellation_ThirtyEarlyOnes_OpenNoBreaker(bool streaming)
    {
        var ladder = Hanging();
        for (var i = 0; i < 30; i++)
        {
            await AskAndCancelAfterAsync(ladder, streaming, TimeSpan.FromSeconds(9.9));
        }

        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
    }

    [BothWays]
    public async Task Cancellation_TenAfterTenSecondsOfSilence_OpenTheBreaker(bool streaming)
    {
        var ladder = Hanging();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
            await AskAndCancelAfterAsync(ladder, streaming, TimeSpan.FromSeconds(10));
        }

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    [BothWays]
    public async Task Deadline_ShortenedByRequests_IsNeutral(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddModel("cheaper", _lab.Cheaper).Build();
        for (var i = 0; i < 30; i++)
        {
            var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(1) }));
            Assert.Equal("from cheaper", response.Text);
        }

        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
    }

    [BothWays]
    public async Task Deadline_Configured_TimeoutsOpenTheBreaker(bool streaming)
    {
        var ladder = _lab.Builder().AnswerWithin(TimeSpan.FromSeconds(1))
            .AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddModel("cheaper", _lab.Cheaper).Build();
        for (var i = 0; i < 5; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    [BothWays]
    public async Task Deadline_ShortenedButOwnTimeoutCuts_CountsAsFailure(bool streaming)
    {
        // What the endpoint is configured to be given says something about it, whatever the request's own deadline was.
        var ladder = _lab.Builder()
            .WithTimeouts(t => t.AttemptTimeout = t.FirstContentTimeout = TimeSpan.FromSeconds(1))
            .AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddModel("cheaper", _lab.Cheaper).Build();
        for (var i = 0; i < 5; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(20) }));
        }

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    [Fact]
    public async Task Deadline_ShortenedAndStreamStallsLater_CountsAsFailure()
    {
        var primary = ScriptedChatClient.Playing(Scripted.Answer("a", "b").StallingAfter(1));
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper)
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10)).WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt).Build();

        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(
            ladder.AskAsync(streaming: true, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(1) })));

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    private IChatClient Hanging() => _lab.Builder()
        .AddModel("primary", ScriptedChatClient.Playing(Scripted.Hang())).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

    private async Task AskAndCancelAfterAsync(IChatClient ladder, bool streaming, TimeSpan after)
    {
        using var caller = new CancellationTokenSource();
        var asking = ladder.AskAsync(streaming, cancellationToken: caller.Token);
        _lab.Clock.Advance(after);
        Assert.False(asking.IsCompleted);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }
}
