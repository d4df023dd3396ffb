using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Guards, tripped by real requests through a whole ladder.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly ExperimentLab _lab = new();
    private readonly List<Task<ChatResponse>> _requests = [];

    [BothWays]
    public async Task Success_BelowTheRate_StopsWithTheRequestThatCrossesIt(bool streaming)
    {
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(ExperimentLab.Refusing() with { Guard = new() { MinSuccessRate = 0.9, MinRequests = 10 } }, "alice");

        Ask(ladder, streaming, times: 9);
        Assert.True(run.IsRunning);
        Ask(ladder, streaming, times: 1);

        Assert.False(run.IsRunning);
        Assert.All(_requests, static request => Assert.True(request.IsFaulted));
        var entry = _lab.Chaos.Log[^1];
        Assert.Equal((ChaosLogAction.GuardTripped, "refused", "guard", _lab.Clock.GetUtcNow()), (entry.Action, entry.Experiment, entry.By, entry.At));
        Assert.Equal("0 of 10 requests were answered: fewer than the 90.0 % that it asks for", entry.Reason);
        Assert.Equal("One two.", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [BothWays]
    public void Success_AtTheRate_GoesOn(bool streaming)
    {
        using var ladder = _lab.Ladder();
        var draws = 0;
        _lab.Draw = () => ++draws % 10 == 0 ? 0 : 1;
        var run = _lab.Chaos.Start(ExperimentLab.Refusing() with { Rate = 0.5, Guard = new() { MinSuccessRate = 0.9, MinRequests = 10 } }, "alice");

        Ask(ladder, streaming, times: 100);

        Assert.Equal((true, 10), (run.IsRunning, run.Injected));
    }

    [BothWays]
    public void Success_FailuresFromBeforeTheWindow_AreForgotten(bool streaming)
    {
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(ExperimentLab.Refusing() with { Guard = new() { MinSuccessRate = 0.9, MinRequests = 10, Window = TimeSpan.FromSeconds(10) } }, "alice");

        for (var i = 0; i < 6; i++)
        {
            Ask(ladder, streaming, times: 9);
            _lab.Clock.Advance(TimeSpan.FromSeconds(10.5));
        }

        Assert.True(run.IsRunning);
    }

    [BothWays]
    public void Success_CallersLeft_AreNoFailures(bool streaming)
    {
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MinSuccessRate = 0.9, MaxP99 = TimeSpan.FromSeconds(5), MinRequests = 5 } }, "alice");
        using var stop = new CancellationTokenSource();

        Ask(ladder, streaming, times: 10, stop.Token);
        ExperimentLab.InPlace(stop.Cancel);

        Assert.All(_requests, static request => Assert.True(request.IsCanceled));
        Assert.True(run.IsRunning);
    }

    [BothWays]
    public void Time_CallersLeftAfterWaitingTooLong_CountAsLate(bool streaming)
    {
        using var ladder = _lab.Ladder();
        using var stop = new CancellationTokenSource();
        var run = _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MaxP99 = TimeSpan.FromMilliseconds(100), MinRequests = 5 } }, "alice");
        Ask(ladder, streaming, times: 5, stop.Token);
        _lab.Clock.Advance(TimeSpan.FromMilliseconds(101));
        Assert.True(run.IsRunning);

        ExperimentLab.InPlace(stop.Cancel);

        Assert.False(run.IsRunning);
    }

    [BothWays]
    public async Task Time_EverythingHangs_StopsWithinASecondAndAllAreAnswered(bool streaming)
    {
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MaxP99 = TimeSpan.FromSeconds(2), MinRequests = 8 } }, "alice");
        for (var i = 0; i < 8; i++)
        {
            Ask(ladder, streaming, times: 1);
            _lab.Clock.Advance(TimeSpan.FromMilliseconds(130));
        }

        // The eighth began 130 ms ago: after 1.87 s it is late, too. No request ends, nor does one begin.
        _lab.Clock.Advance(TimeSpan.FromSeconds(1.86));
        Assert.True(run.IsRunning);
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(run.IsRunning);
        Assert.Equal("8 of 8 requests took longer than 00:00:02 (8 of them still wait): the 99th percentile is above it", _lab.Chaos.Log[^1].Reason);
        Assert.All(_requests, static request => Assert.True(request.IsCompletedSuccessfully));
        Assert.Equal("One two.", (await _requests[0]).Text);
        Assert.Equal((8, 0, 0), (_lab.Provider.CallCount, _lab.Provider.InFlight, _lab.Clock.ArmedTimers));
    }

    [BothWays]
    public void Time_AnswersComeLate_StopsAtTheFirstOfTooMany(bool streaming)
    {
        using var ladder = _lab.Ladder();
        _lab.Draw = static () => 1;
        var run = _lab.Chaos.Start(
            new() { Name = "slow", Fault = ChaosFault.SlowedBy(TimeSpan.FromSeconds(3)), Rate = 0.5, Guard = new() { MaxP99 = TimeSpan.FromSeconds(2), MinRequests = 100 } }, "alice");
        Ask(ladder, streaming, times: 198);
        _lab.Draw = static () => 0;
        Ask(ladder, streaming, times: 2);

        // Two late ones among two hundred are a hundredth: the percentile is not above the bound.
        _lab.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.True(run.IsRunning);

        Ask(ladder, streaming, times: 1);
        _lab.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.False(run.IsRunning);
        Assert.All(_requests, static request => Assert.True(request.IsCompletedSuccessfully));
    }

    [BothWays]
    public void Time_OfAStream_IsThatOfItsFirstContent(bool streaming)
    {
        // A second before each content: a plain answer takes two, a stream's first content one.
        _lab.Provider.Always(Scripted.Answer("One ", "two.").Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(
            ExperimentLab.Refusing() with { Target = new() { Tenants = ["nobody"] }, Guard = new() { MaxP99 = TimeSpan.FromSeconds(1.5), MinRequests = 5 } }, "alice");

        Ask(ladder, streaming, times: 5);
        _lab.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(streaming, run.IsRunning);
    }

    [Fact]
    public void Guard_StreamsAreReadButNeverDisposed_ForgetsThemWithTheLastGuard()
    {
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MaxP99 = TimeSpan.FromSeconds(2) } }, "alice");
        _ = ladder.GetStreamingResponseAsync("question").GetAsyncEnumerator();
        Assert.Equal(1, _lab.Chaos.Traffic.Pending.CountBefore(long.MaxValue));

        run.Dispose();

        Assert.Equal(0, _lab.Chaos.Traffic.Pending.CountBefore(long.MaxValue));
    }

    [BothWays]
    public void Guard_Gone_NotesNoRequestsAnyMore(bool streaming)
    {
        using var ladder = _lab.Ladder();
        _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MaxP99 = TimeSpan.FromSeconds(2) } }, "alice").Dispose();
        _lab.Chaos.Start(ExperimentLab.Hanging(), "alice");

        Ask(ladder, streaming, times: 3);

        Assert.Equal(0, _lab.Chaos.Traffic.Pending.CountBefore(long.MaxValue));
        Assert.Equal(3, _requests.Count(static request => !request.IsCompleted));
    }

    public void Dispose() => _lab.Dispose();

    private void Ask(IChatClient ladder, bool streaming, int times, CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < times; i++)
        {
            _requests.Add(ladder.AskAsync(streaming, cancellationToken: cancellationToken));
        }
    }
}
