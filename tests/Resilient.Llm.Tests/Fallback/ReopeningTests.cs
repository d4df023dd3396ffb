using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Every model is closed, and nothing below answers.</summary>
public sealed class ReopeningTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task AllClosed_OneReopensSoon_IsWaitedForAndAsked(bool streaming)
    {
        var ladder = await ClosedAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(12));
        var before = _lab.Clock.GetUtcNow();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from primary", response.Text);
        Assert.InRange(_lab.Clock.GetUtcNow() - before, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Theory]
    [BothWaysData(11, 2)]
    [BothWaysData(13.4, 0)]
    public async Task AllClosed_NoneReopensWithinTheBound_FailsAtOnce(bool streaming, double after, double bound)
    {
        var ladder = await ClosedAsync(streaming, chat => chat.WithFallback(options => options.MaxWaitForReopening = TimeSpan.FromSeconds(bound)));
        _lab.Clock.Advance(TimeSpan.FromSeconds(after));

        var asked = ladder.AskAsync(streaming);

        Assert.True(asked.IsCompleted);
        Assert.NotNull((await Assert.ThrowsAsync<ChatUnavailableException>(() => asked)).RetryAfter);
    }

    [BothWays]
    public async Task AllClosed_TheDeadlineIsNearer_FailsAtOnce(bool streaming)
    {
        var ladder = await ClosedAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(12.5));

        var asked = ladder.AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(1) });

        Assert.True(asked.IsCompleted);
        await Assert.ThrowsAsync<ChatUnavailableException>(() => asked);
    }

    [BothWays]
    public async Task AllClosed_LastResort_AnswersWithoutAWait(bool streaming)
    {
        var ladder = await ClosedAsync(streaming, static chat => chat.AddLastResort());
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));

        var asked = ladder.AskAsync(streaming);

        Assert.True(asked.IsCompleted);
        Assert.Equal(AnswerSource.LastResort, (await asked).GetResilienceReport()!.Source);
    }

    [BothWays]
    public async Task AllClosed_NoStoredAnswer_IsLookedForOnceAndThenWaitedFor(bool streaming)
    {
        var ladder = await ClosedAsync(streaming, static chat => chat.AddCachedAnswers());
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));
        _lab.Primary.Always(Scripted.Throw(LadderLab.Status(404)));

        var thrown = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming)));

        Assert.Single(thrown.Report.Attempts, static attempt => attempt.Step == "cache");
        Assert.Equal(2, _lab.Primary.CallCount);
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task AllClosed_ManyWait_OneProbesAndTheOthersWaitOnceMore(bool streaming, bool isBack)
    {
        var ladder = await ClosedAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));
        _lab.Primary.Always((isBack ? Scripted.Answer("from primary") : Scripted.Throw(LadderLab.Status(404))).Delayed(_lab.Clock, TimeSpan.FromMilliseconds(200)));

        var asked = Enumerable.Range(0, 50).Select(_ => ladder.AskAsync(streaming)).ToArray();
        await Task.WhenAll(asked.Select(async task => await Record.ExceptionAsync(() => _lab.RunAsync(task))));

        // One call closed the circuit; then one probed, and either all others followed or none did.
        Assert.Equal(isBack ? 50 : 0, asked.Count(static task => task.IsCompletedSuccessfully));
        Assert.Equal(isBack ? 51 : 2, _lab.Primary.CallCount);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [BothWays]
    public async Task AllClosed_TheProbeHangs_TheOthersGiveUpWithinTheBound(bool streaming)
    {
        var ladder = await ClosedAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));
        _lab.Primary.Always(Scripted.Hang());
        var started = _lab.Clock.GetUtcNow();

        var probe = ladder.AskAsync(streaming);
        var other = ladder.AskAsync(streaming);
        var thrown = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(other));

        Assert.InRange(_lab.Clock.GetUtcNow() - started, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2.1));
        Assert.False(probe.IsCompleted);
        Assert.Equal(FailureKind.CircuitOpen, thrown.Kind);
    }

    [BothWays]
    public async Task AllClosed_CancelledWhileWaiting_EndsAtOnce(bool streaming)
    {
        LadderLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var ladder = await ClosedAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));

        var asked = ladder.AskAsync(streaming, cancellationToken: caller.Token);
        Assert.False(asked.IsCompleted);
        await caller.CancelAsync();

        Assert.True(asked.IsCompleted);
        Assert.Equal(caller.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked)).CancellationToken);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [Fact]
    public async Task AllClosed_StreamDisposedWhileWaiting_EndsAtOnce()
    {
        LadderLab.GoOnInline();
        var ladder = await ClosedAsync(streaming: true);
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();

        var move = stream.MoveNextAsync().AsTask();
        Assert.False(move.IsCompleted);
        await stream.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task AllClosed_ALadderAroundHasSomebodyElse_FailsAtOnce(bool streaming)
    {
        var outer = _lab.Builder().AddModel("group", await ClosedAsync(streaming)).AddModel("cheaper", _lab.Cheaper).Build();
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));

        var asked = outer.AskAsync(streaming);

        Assert.True(asked.IsCompleted);
        Assert.Equal("from cheaper", (await asked).Text);
    }

    [BothWays]
    public async Task AllClosed_ALadderAroundHasNobodyElse_IsWaitedFor(bool streaming)
    {
        var outer = _lab.Builder().AddModel("group", await ClosedAsync(streaming)).Build();
        _lab.Clock.Advance(TimeSpan.FromSeconds(13));

        Assert.Equal("from primary", (await _lab.RunAsync(outer.AskAsync(streaming))).Text);
    }

    [BothWays]
    public async Task OwnLimit_IsUsedUp_FailsAtOnce(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.WithRateLimit(static limit => (limit.RequestsPerMinute, limit.Burst) = (60, TimeSpan.FromSeconds(1))))
            .Build();
        await ladder.AskAsync(streaming);

        var asked = ladder.AskAsync(streaming);

        Assert.True(asked.IsCompleted);
        await Assert.ThrowsAsync<ChatUnavailableException>(() => asked);
    }

    [BothWays]
    public async Task RateLimited_RetryAfterIsShort_IsWaitedFor(bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.RateLimited(TimeSpan.FromSeconds(1)))).Always(Scripted.Answer("from primary"));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, static model => model.WithRetries(static retries => retries.MaxRetries = 0)).Build();
        await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming)));

        Assert.Equal("from primary", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
    }

    /// <summary>One model, whose circuit has just opened for 13.5 seconds and which is well again.</summary>
    private async Task<IChatClient> ClosedAsync(bool streaming, Action<ResilientChatBuilder>? configure = null)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(404))).Always(Scripted.Answer("from primary"));
        var builder = _lab.Builder().WithCircuitBreaker(1, TimeSpan.FromSeconds(10)).AddModel("primary", _lab.Primary);
        configure?.Invoke(builder);
        var ladder = builder.Build();
        await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming)));
        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
        return ladder;
    }
}
