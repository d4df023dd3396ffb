using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class HedgingTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Hedge_FirstModelSlow_NextOneAnswersAndTheSlowOneIsLeft(bool streaming)
    {
        _lab.Primary.Always(Slow("late", seconds: 10));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from cheaper", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.Equal(Delay, report.Elapsed);
        Assert.Equal("cheaper", report.ServedBy);
        Assert.True(report.IsDegraded);
        Assert.Collection(
            report.Attempts,
            slow => Assert.Equal(("primary", FailureKind.Cancelled, AttemptRole.Ordinary), (slow.Step, slow.Failure!.Value, slow.Role)),
            hedge => Assert.Equal(("cheaper", null, AttemptRole.Hedge), (hedge.Step, hedge.Failure, hedge.Role)));
        Assert.True(Assert.Single(_lab.Primary.Calls).CancellationToken.IsCancellationRequested);
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_FirstModelFasterInTheEnd_AnswersAndTheHedgeIsLeft(bool streaming)
    {
        _lab.Primary.Always(Slow("from primary", seconds: 1));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 2));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from primary", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.False(report.IsDegraded);
        Assert.Contains(report.Attempts, static attempt => attempt is { Step: "cheaper", Role: AttemptRole.Hedge, Failure: FailureKind.Cancelled });
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_FirstModelInTime_NobodyElseIsAsked(bool streaming)
    {
        _lab.Primary.Always(Scripted.Answer("from primary").Delayed(_lab.Clock, Delay - TimeSpan.FromMilliseconds(1)));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(0, _lab.Cheaper.CallCount);
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_LosersAreNotFailures_NoCircuitCountsThem(bool streaming)
    {
        _lab.Primary.Always(Slow("late", seconds: 10));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        for (var i = 0; i < 10; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
        Assert.Equal(10, ladder.Circuit("cheaper").Counts.Calls);
    }

    [BothWays]
    public async Task Hedge_LoserSilentForCancelledCallThreshold_CountsAsItsFailure(bool streaming)
    {
        _lab.Primary.Always(Slow("late", seconds: 20));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 11));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay).WithCircuitBreaker(static o => o.SlowCallDuration = Timeout.InfiniteTimeSpan));

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(1, ladder.Circuit("primary").Counts.Failures);
    }

    [BothWays]
    public async Task Hedge_BudgetSpent_SlowModelIsWaitedFor(bool streaming)
    {
        _lab.Primary.Always(Slow("late", seconds: 1));
        var ladder = _lab.Models(chat => chat
            .WithHedging(Delay)
            .WithRetries(static o => o.BudgetFloor = 2)
            .WithCircuitBreaker(static o => o.SlowCallDuration = Timeout.InfiniteTimeSpan));

        string[] answers = [.. await Texts(3)];

        Assert.Equal(["from cheaper", "from cheaper", "late"], answers);

        async Task<List<string>> Texts(int count)
        {
            List<string> texts = [];
            for (var i = 0; i < count; i++)
            {
                texts.Add((await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
            }

            return texts;
        }
    }

    [BothWays]
    public async Task Hedge_FirstModelFailsMeanwhile_HedgeGoesOnAlone(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(LadderLab.Status(404)).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 2));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(TimeSpan.FromSeconds(2.5), response.GetResilienceReport()!.Elapsed);
        Assert.Equal(1, _lab.Cheaper.CallCount);
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_Fails_FirstModelGoesOnAndTheNextIsAskedToo(bool streaming)
    {
        using var third = new ScriptedChatClient().Always(Slow("from third", seconds: 1));
        _lab.Primary.Always(Slow("late", seconds: 10));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay).AddModel("third", third));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from third", response.Text);
        Assert.Equal(TimeSpan.FromSeconds(1.5), response.GetResilienceReport()!.Elapsed);
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_Retried_EachOfItsCallsIsReportedAsHedge(bool streaming)
    {
        _lab.Primary.Always(Slow("late", seconds: 10));
        _lab.Cheaper.Then(Scripted.Throw(LadderLab.Status(503))).Then(Scripted.Answer("from cheaper"));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var report = (await _lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(
            [("primary", AttemptRole.Ordinary), ("cheaper", AttemptRole.Hedge), ("cheaper", AttemptRole.Hedge)],
            report.Attempts.Select(static attempt => (attempt.Step, attempt.Role)).OrderBy(static attempt => attempt.Role));
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_BothFail_StepsDownBelowBoth(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(LadderLab.Status(404)).Delayed(_lab.Clock, TimeSpan.FromSeconds(2)));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = _lab.Whole(chat => chat.WithHedging(Delay));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        var report = response.GetResilienceReport()!;
        Assert.Equal(AnswerSource.LastResort, report.Source);
        Assert.Equal(["cheaper", "primary", "last-resort"], report.Attempts.Select(static attempt => attempt.Step));
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_CallersMistakeFromTheFirstModel_ComesBackAtOnce(bool streaming)
    {
        var mistake = LadderLab.Status(400);
        _lab.Primary.Always(Scripted.Throw(mistake).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 5));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var thrown = await Assert.ThrowsAsync<HttpRequestException>(() => _lab.RunAsync(ladder.AskAsync(streaming)));

        Assert.Same(mistake, thrown);
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_CallerCancels_BothAreCancelledAndNobodyIsBlamed(bool streaming)
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Slow("late", seconds: 10));
        _lab.Cheaper.Always(Slow("late", seconds: 10));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));
        using var source = new CancellationTokenSource();
        var asking = ladder.AskAsync(streaming, cancellationToken: source.Token);
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (_lab.Primary.InFlight, _lab.Cheaper.InFlight));

        await source.CancelAsync();

        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.Equal((0, 0), (ladder.Circuit("primary").Counts.Failures, ladder.Circuit("cheaper").Counts.Failures));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Hedge_FirstModelReasons_ItsReasoningIsShownAndTheWinnersFollows()
    {
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("hm "), new TextReasoningContent("hmm "), new TextContent("late")).Paced(_lab.Clock, TimeSpan.FromSeconds(0.4)));
        _lab.Cheaper.Always(Scripted.Give(new TextReasoningContent("aha "), new TextContent("from cheaper")));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal("hm aha ", string.Concat(response.Messages.SelectMany(static m => m.Contents).OfType<TextReasoningContent>()));
        var slow = response.GetResilienceReport()!.Attempts[0];
        Assert.Equal((AttemptDelivery.Reasoning, FailureKind.Cancelled), (slow.Delivered, slow.Failure));
    }

    [Fact]
    public async Task HedgedStream_DisposedWhileBothAreSilent_LeavesBoth()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Hang());
        _lab.Cheaper.Always(Scripted.Hang());
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (_lab.Primary.InFlight, _lab.Cheaper.InFlight));

        await stream.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        AssertNothingIsLeft();
    }

    private Scripted Slow(string answer, double seconds) => Scripted.Answer(answer).Delayed(_lab.Clock, TimeSpan.FromSeconds(seconds));

    private void AssertNothingIsLeft()
    {
        Assert.Equal((0, 0), (_lab.Primary.InFlight, _lab.Cheaper.InFlight));
        Assert.Equal((0, 0), (_lab.Primary.OpenEnumerators, _lab.Cheaper.OpenEnumerators));
    }
}
