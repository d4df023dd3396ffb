using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RetryTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Failure_OfAKind_IsRetriedOrNot(int status, bool isRetried, bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(status)));

        var response = await _lab.RunAsync(_lab.Models().AskAsync(streaming));

        Assert.Equal(isRetried ? 2 : 1, _lab.Primary.CallCount);
        Assert.Equal(isRetried ? "from primary" : "from cheaper", response.Text);
    }

    public static TheoryData<int, bool, bool> Kinds()
    {
        var data = new TheoryData<int, bool, bool>();
        foreach (var streaming in new[] { false, true })
        {
            foreach (var status in new[] { 500, 502, 503, 529, 408, 409 })
            {
                data.Add(status, true, streaming);
            }

            foreach (var status in new[] { 401, 402, 403, 404, 429 })
            {
                data.Add(status, false, streaming);
            }
        }

        return data;
    }

    [BothWays]
    public async Task Timeout_IsNotRetried(bool streaming)
    {
        _lab.Primary.Then(Scripted.Hang());

        await _lab.RunAsync(_lab.Models().AskAsync(streaming));

        Assert.Equal((1, 1), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [Theory]
    [BothWaysData(0.0, 0)]
    [BothWaysData(0.5, 250 + 500)]
    [BothWaysData(0.999, 499.5 + 999)]
    public async Task Backoff_IsExponentialWithFullJitter(bool streaming, double draw, double waited)
    {
        _lab.Draw = draw;
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500)), times: 2);

        var report = (await _lab.RunAsync(_lab.Models().AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal("primary", report.ServedBy);
        Assert.InRange(report.Elapsed.TotalMilliseconds, waited, waited + 2);
    }

    [BothWays]
    public async Task Report_ListsEveryAttemptWithItsKindAndDuration(bool streaming)
    {
        _lab.Primary
            .Then(Scripted.Throw(LadderLab.Status(500)).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)))
            .Then(Scripted.Throw(new IOException("reset")).Delayed(_lab.Clock, TimeSpan.FromSeconds(2)))
            .Then(Scripted.Answer("third").Delayed(_lab.Clock, TimeSpan.FromSeconds(3)));

        var report = (await _lab.RunAsync(_lab.Models().AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(
            [("primary", FailureKind.ServerError, 1.0), ("primary", FailureKind.Network, 2.0), ("primary", (FailureKind?)null, 3.0)],
            report.Attempts.Select(static a => (a.Step, a.Failure, a.Duration.TotalSeconds)));
        Assert.False(report.IsDegraded);
    }

    [BothWays]
    public async Task Retries_Exhausted_StepDownWithTheLastFailure(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(500));

        var report = (await _lab.RunAsync(_lab.Models().AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(3, _lab.Primary.CallCount);
        Assert.Equal(["primary", "primary", "primary", "cheaper"], report.Attempts.Select(static a => a.Step));
        Assert.Equal(0, _lab.Primary.OpenEnumerators);
    }

    [BothWays]
    public async Task Retries_SwitchedOff_OneCall(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(500));

        await _lab.RunAsync(_lab.Models(static chat => chat.WithRetries(0)).AskAsync(streaming));

        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Backoff_DoesNotFitTheTimeLeft_StepsDownAtOnce(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(500));
        var ladder = _lab.Models(static chat => chat.WithRetries(static r => r.BaseDelay = r.MaxDelay = TimeSpan.FromSeconds(40)));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(30) }));

        // Half of forty seconds is more than 60 % of thirty.
        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(TimeSpan.Zero, response.GetResilienceReport()!.Elapsed);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Caller_CancelsWhileARetryWaits_EndsAtOnce(bool streaming)
    {
        using var caller = new CancellationTokenSource();
        _lab.FailPrimary(LadderLab.Status(500));
        var asking = _lab.Models().AskAsync(streaming, cancellationToken: caller.Token);
        Assert.Equal(1, _lab.Clock.ArmedTimers);

        await caller.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(caller.Token, cancelled.CancellationToken);
        Assert.Equal((1, 0), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [BothWays]
    public async Task Breaker_OpensDuringTheSleep_NoCallFollows(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(500));
        var ladder = _lab.Models();
        var asking = ladder.AskAsync(streaming);
        ladder.Circuit("primary").Isolate();

        var report = (await _lab.RunAsync(asking)).GetResilienceReport()!;

        Assert.Equal((1, "cheaper"), (_lab.Primary.CallCount, report.ServedBy));
        Assert.Equal([FailureKind.ServerError, null], report.Attempts.Select(static a => a.Failure));
    }

    [Fact]
    public async Task Stream_FailsAfterContent_IsNotRetried()
    {
        _lab.Primary.Always(Scripted.Answer("a", "b").BreakingAfter(1, LadderLab.Status(500)));

        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(
            _lab.Models(static chat => chat.WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt)).AskAsync(streaming: true)));

        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [Fact]
    public async Task Stream_ReasonsBeforeEachFailure_IsRetriedNoMoreOftenThanOthers()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("hm"), new TextContent("a")).BreakingAfter(1, LadderLab.Status(500)));
        var retries = new List<int>();

        var response = await _lab.RunAsync(_lab.Models(chat => chat.OnRetry(e => retries.Add(e.Retry))).AskAsync(streaming: true));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(3, _lab.Primary.CallCount);
        Assert.Equal([1, 2], retries);
    }

    [Fact]
    public async Task Stream_FailsAfterItsPreamble_IsRetriedUnseen()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Then(Scripted.Answer("a").BreakingAfter(0, LadderLab.Status(500)));

        var updates = await _lab.RunAsync(_lab.Models().GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync().AsTask());

        Assert.Equal("from primary", updates.ToChatResponse().Text);
        Assert.DoesNotContain(updates, static u => u.MessageId == "message-1");
        Assert.Equal(0, _lab.Primary.OpenEnumerators);
    }
}
