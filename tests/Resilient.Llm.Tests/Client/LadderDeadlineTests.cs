using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderDeadlineTests
{
    private readonly LadderLab _lab = new();

    public static TheoryData<Hostility, bool> Hostilities()
    {
        var data = new TheoryData<Hostility, bool>();
        foreach (var hostility in Enum.GetValues<Hostility>())
        {
            data.Add(hostility, false);
            data.Add(hostility, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Hostilities))]
    public async Task Ladder_HostileProviders_LastResortAnswersWithinTheDeadline(Hostility hostility, bool streaming)
    {
        var primary = new HostileChatClient(hostility);
        var cheaper = new HostileChatClient(hostility);
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", cheaper).AddLastResort().Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        var report = response.GetResilienceReport()!;
        Assert.Equal(AnswerSource.LastResort, report.Source);
        Assert.True(report.Elapsed <= TimeSpan.FromSeconds(streaming ? 30 : 100), $"It took {report.Elapsed}.");
        Assert.True(primary.Calls > 0 && cheaper.Calls > 0, "A model was never asked.");
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Theory]
    [InlineData(false, 59_850, 99_750)]
    [InlineData(true, 17_850, 29_750)]
    public async Task Ladder_EveryoneHangs_TimeIsDividedSixtyToForty(bool streaming, int secondAfter, int lastResortAfter)
    {
        var primary = ScriptedChatClient.Playing(Scripted.Hang());
        var cheaper = ScriptedChatClient.Playing(Scripted.Hang());
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", cheaper).AddLastResort().Build();

        var asking = ladder.AskAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromMilliseconds(secondAfter - 1));
        Assert.Equal((1, 0), (primary.CallCount, cheaper.CallCount));
        _lab.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, 1), (primary.CallCount, cheaper.CallCount));
        _lab.Clock.Advance(TimeSpan.FromMilliseconds(lastResortAfter - secondAfter - 1));
        Assert.False(asking.IsCompleted);
        _lab.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(asking.IsCompleted);
        var report = (await asking).GetResilienceReport()!;
        Assert.Equal(AnswerSource.LastResort, report.Source);
        Assert.Equal(
            [TimeSpan.FromMilliseconds(secondAfter), TimeSpan.FromMilliseconds(lastResortAfter - secondAfter), TimeSpan.Zero],
            report.Attempts.Select(static a => a.Duration));
        Assert.Equal(0, primary.InFlight + cheaper.InFlight + primary.OpenEnumerators + cheaper.OpenEnumerators);
    }

    [BothWays]
    public async Task Ladder_DeadlineOfOneSecond_StillReachesTheSecondModel(bool streaming)
    {
        var primary = new HostileChatClient(Hostility.IsDeaf);
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(1) }));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(TimeSpan.FromMilliseconds(540), response.GetResilienceReport()!.Elapsed);
    }

    [BothWays]
    public async Task Ladder_OneCallSetsItsDeadline_ItHoldsForBothForms(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddLastResort().Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(10) }));

        Assert.Equal(TimeSpan.FromSeconds(9.75), response.GetResilienceReport()!.Elapsed);
    }

    [BothWays]
    public async Task Ladder_InfiniteDeadline_WaitsForThePrimary(bool streaming)
    {
        var primary = ScriptedChatClient.Playing(Scripted.Answer("at last").Delayed(_lab.Clock, TimeSpan.FromHours(3)));
        var ladder = _lab.Builder().AnswerWithin(Timeout.InfiniteTimeSpan).AddModel("primary", primary).AddLastResort().Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming), TimeSpan.FromHours(4));

        Assert.Equal("at last", response.Text);
    }

    [BothWays]
    public async Task Ladder_OwnTimeoutOfAModel_CutsItsShare(bool streaming)
    {
        var primary = new HostileChatClient(Hostility.IsDeaf);
        var ladder = _lab.Builder()
            .AddModel("primary", primary, m => m.WithTimeouts(t => t.AttemptTimeout = t.FirstContentTimeout = TimeSpan.FromSeconds(4)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(4), response.GetResilienceReport()!.Elapsed);
        Assert.Equal(FailureKind.Timeout, response.GetResilienceReport()!.Attempts[0].Failure);
    }

    [BothWays]
    public async Task Ladder_NoLastResort_EndsAtTheDeadlineWithBothCauses(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(404)))
            .AddModel("cheaper", new HostileChatClient(Hostility.IsDeaf))
            .Build();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming)));

        Assert.Equal(FailureKind.Timeout, failure.Kind);
        Assert.IsType<HttpRequestException>(failure.InnerException);
        Assert.IsType<TimeoutException>(failure.LastFailure);
        Assert.Equal(TimeSpan.FromSeconds(streaming ? 30 : 100), failure.Report.Elapsed);
        Assert.Equal(AnswerSource.None, failure.Report.Source);
    }
}
