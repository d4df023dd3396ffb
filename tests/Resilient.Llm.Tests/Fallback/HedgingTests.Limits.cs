using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>Where no hedge is made, and where one does not win.</content>
public sealed partial class HedgingTests
{
    [BothWays]
    public async Task Hedge_SlowModelIsAProbe_IsNotHedged(bool streaming)
    {
        var ladder = _lab.Models(chat => chat.WithHedging(Delay).WithRetries(0).WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)));
        _lab.FailPrimary();
        await _lab.RunAsync(ladder.AskAsync(streaming));
        var hedges = _lab.Cheaper.CallCount;
        _lab.Primary.Always(Slow("from primary", seconds: 1));
        _lab.Clock.Advance(TimeSpan.FromSeconds(6));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from primary", response.Text);
        Assert.Equal(hedges, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Hedge_NextModelIsHalfOpen_NobodyElseIsAsked(bool streaming)
    {
        var ladder = _lab.Models(chat => chat.WithHedging(Delay).WithRetries(0).WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)));
        _lab.FailPrimary();
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming)));
        ladder.Circuit("primary").Reset();
        _lab.Clock.Advance(TimeSpan.FromSeconds(6));
        var calls = _lab.Cheaper.CallCount;
        _lab.Primary.Always(Slow("from primary", seconds: 1));

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(calls, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Hedge_OnlyLocalStepsBelow_SlowModelIsWaitedFor(bool streaming)
    {
        _lab.Primary.Always(Slow("from primary", seconds: 2));
        using var client = _lab.Builder().AddModel("primary", _lab.Primary).WithHedging(Delay).AddCachedAnswers().AddLastResort().Build();

        var response = await _lab.RunAsync(client.AskAsync(streaming));

        Assert.Equal("from primary", response.Text);
    }

    [BothWays]
    public async Task Hedge_NoTimeButTheReserve_IsNotStarted(bool streaming)
    {
        _lab.Primary.Always(Scripted.Hang());
        var ladder = _lab.Whole(chat => chat.WithHedging(TimeSpan.FromSeconds(9)).AnswerWithin(TimeSpan.FromSeconds(10)));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.True(response.GetResilienceReport()!.Elapsed <= TimeSpan.FromSeconds(10));
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Hedge_FilteredOrRefusedBeforeItsFirstWord_DoesNotBeatTheSlowModel(bool isRefusal, bool streaming)
    {
        _lab.Primary.Always(Slow("from primary", seconds: 2));
        _lab.Cheaper.Always(isRefusal
            ? Scripted.Give(new ErrorContent("I can't.") { ErrorCode = "Refusal" })
            : Scripted.Give().Finishing(ChatFinishReason.ContentFilter));
        var ladder = _lab.Models(chat => chat.WithHedging(Delay));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from primary", response.Text);
        Assert.Contains(response.GetResilienceReport()!.Attempts, static a => a is { Step: "cheaper", Role: AttemptRole.Hedge, Failure: FailureKind.ContentFiltered });
        AssertNothingIsLeft();
    }

    [BothWays]
    public async Task Hedge_LadderThatHasOnlyItsApology_DoesNotBeatTheSlowModel(bool streaming)
    {
        _lab.Primary.Always(Slow("from primary", seconds: 2));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        var inner = _lab.Builder().AddModel("inner", _lab.Cheaper).AddLastResort().Build();
        using var ladder = _lab.Builder().WithHedging(Delay).AddModel("primary", _lab.Primary).AddModel("group", inner).Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from primary", response.Text);
        Assert.Equal(AnswerSource.Model, response.GetResilienceReport()!.Source);
    }
}
