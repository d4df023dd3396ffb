using System.Net;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderFailureTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task InvalidRequest_FromTheFirstStep_ReachesTheCallerAsItCame(bool streaming)
    {
        var mistake = LadderLab.Status(400);
        var ladder = _lab.Builder().AddModel("primary", ScriptedChatClient.Throwing(mistake)).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

        Assert.Same(mistake, await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming)));
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task InvalidRequest_FromALowerStep_StepsOnAndKeepsTheFirstError(bool streaming)
    {
        var first = LadderLab.Status(404);
        var last = LadderLab.Status(400);
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(first))
            .AddModel("cheaper", ScriptedChatClient.Throwing(last))
            .Build();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Same(first, failure.InnerException);
        Assert.Same(last, failure.LastFailure);
        Assert.Equal(FailureKind.ModelUnavailable, failure.Kind);
        Assert.Equal([FailureKind.ModelUnavailable, FailureKind.InvalidRequest], failure.Report.Attempts.Select(static a => a.Failure!.Value));
    }

    [BothWays]
    public async Task InvalidRequest_FromALowerStep_ThirdModelAnswers(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(404)))
            .AddModel("second", ScriptedChatClient.Throwing(LadderLab.Status(400)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
    }

    [Theory]
    [BothWaysData(400, FailureKind.InvalidRequest)]
    [BothWaysData(413, FailureKind.ContextTooLong)]
    public async Task RowOfTheApplication_FromTheFirstStep_StepsDownAsItSays(int status, FailureKind kind, bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(status)), m => m.WithFailures(f => f.Reactions[kind] = new(false, HealthEffect.Neutral, StepDown: true)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task RowOfTheApplication_FromALowerStep_ReachesTheCallerAsItSays(bool streaming)
    {
        var mistake = LadderLab.Status(400);
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(404)))
            .AddModel("cheaper", ScriptedChatClient.Throwing(mistake), static m => m.WithFailures(static f => f.Reactions[FailureKind.InvalidRequest] = default))
            .AddLastResort()
            .Build();

        Assert.Same(mistake, await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming)));
    }

    [BothWays]
    public async Task Unauthorized_OnThePrimary_StepsDownAndIsLoggedAsAnError(bool streaming)
    {
        using var logs = new LogCapture();
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(401)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build(logs.Services);

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);

        Assert.Contains(logs.Entries, static e => e.Level == Microsoft.Extensions.Logging.LogLevel.Error && e.Text.Contains("primary", StringComparison.Ordinal));
    }

    [BothWays]
    public async Task ContextTooLong_NoModelIsLarger_ReachesTheCallerAndHarmsNoBreaker(bool streaming)
    {
        var tooLong = LadderLab.Status(413);
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(tooLong), static m => m.WithContextWindow(128_000))
            .AddModel("cheaper", _lab.Cheaper, static m => m.WithContextWindow(128_000))
            .AddModel("undeclared", _lab.Cheaper)
            .Build();

        for (var i = 0; i < 30; i++)
        {
            Assert.Same(tooLong, await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming)));
        }

        Assert.Equal(0, _lab.Cheaper.CallCount);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
    }

    [BothWays]
    public async Task ContextTooLong_ALaterModelIsLarger_StepsOnlyThere(bool streaming)
    {
        var small = ScriptedChatClient.Answering("from small");
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(413)), static m => m.WithContextWindow(128_000))
            .AddModel("small", small, static m => m.WithContextWindow(8_000))
            .AddModel("cheaper", _lab.Cheaper, static m => m.WithContextWindow(1_000_000))
            .Build();

        var response = await ladder.AskAsync(streaming);

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(0, small.CallCount);
        Assert.Equal("context window not declared larger", response.GetResilienceReport()!.Attempts[1].SkipReason);
    }

    [BothWays]
    public async Task AllowFallback_Denied_OnlyTheFirstStepIsAsked(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(404))).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(
            () => ladder.AskAsync(streaming, options: new ResilientChatOptions { AllowFallback = false }));

        Assert.Equal(HttpStatusCode.NotFound, Assert.IsType<HttpRequestException>(failure.InnerException).StatusCode);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Unavailable_TellsWhenTheEarliestCandidateReopens(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.RateLimited(TimeSpan.FromSeconds(40))))
            .AddModel("cheaper", ScriptedChatClient.Throwing(LadderLab.RateLimited(TimeSpan.FromSeconds(20))))
            .Build();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));
        var again = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(20), failure.RetryAfter);
        Assert.InRange(again.RetryAfter!.Value, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(22));
        Assert.Equal(["rate limited", "rate limited"], again.Report.Attempts.Select(static a => a.SkipReason));
    }

    [BothWays]
    public async Task RandomFailures_AFifthOfThePrimarysCalls_AModelAnswersEveryTime(bool streaming)
    {
        var random = new Random(20_260_101);

        var primary = new ScriptedChatClient();
        for (var i = 0; i < 6_000; i++)
        {
            primary.Then(random.NextDouble() < 0.2 ? Failing(random.Next(5)) : Scripted.Answer("from primary"));
        }

        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();
        var served = new Dictionary<string, int>();
        for (var i = 0; i < 2_000; i++)
        {
            var report = (await _lab.RunAsync(ladder.AskAsync(streaming, $"question {i}"))).GetResilienceReport()!;
            Assert.Equal(AnswerSource.Model, report.Source);
            served[report.ServedBy!] = served.GetValueOrDefault(report.ServedBy!) + 1;
            _lab.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.True(served["primary"] > 1_600, $"The primary answered {served["primary"]} times.");

        Scripted Failing(int which) => which switch
        {
            0 => Scripted.Throw(LadderLab.Status(500)),
            1 => Scripted.Throw(LadderLab.Status(503)),
            2 => Scripted.Throw(new IOException("reset")),
            3 => Scripted.Preamble(),
            _ => Scripted.Give(new ErrorContent("overloaded")),
        };
    }

    [BothWays]
    public async Task JsonFormat_EveryModelFails_ThereIsNoApology(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(404))).AddLastResort().Build();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(
            () => ladder.AskAsync(streaming, options: new ChatOptions { ResponseFormat = ChatResponseFormat.Json }));

        Assert.Equal("unfit format", failure.Report.Attempts[^1].SkipReason);
    }

    [BothWays]
    public async Task Kind_ALaterCandidateWasSkipped_NamesWhatTheLastOneTriedDiedOf(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(404))).AddModel("cheaper", _lab.Cheaper).Build();
        ladder.Circuit("cheaper").Isolate();

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Equal(FailureKind.ModelUnavailable, failure.Kind);
    }
}
