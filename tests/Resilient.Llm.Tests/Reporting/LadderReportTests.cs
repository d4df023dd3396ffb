using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderReportTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Report_TellsWhoAnsweredAndWhatFailed(bool streaming)
    {
        var primary = ScriptedChatClient.Throwing(LadderLab.Status(404));
        var ladder = _lab.Builder()
            .AddModel("primary", primary, static m => m.InRegion("westeurope", "EU"))
            .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("eastus", "US"))
            .Build();

        var report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal((AnswerSource.Model, "cheaper", "cheaper", "eastus", "US"), (report.Source, report.ServedBy, report.Endpoint, report.Region, report.Geography));
        Assert.True(report.IsDegraded);
        Assert.Null(report.AnswerAge);
        Assert.Equal([FailureKind.ModelUnavailable, null], report.Attempts.Select(static a => a.Failure));
    }

    [BothWays]
    public async Task Report_LastResortInJsonRoundTrip_IsTheSame(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddLastResort().Build();
        var report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;

        var json = JsonSerializer.Serialize(report, ResilienceReportJsonContext.Default.ResilienceReport);
        var read = JsonSerializer.Deserialize(json, ResilienceReportJsonContext.Default.ResilienceReport)!;

        Assert.Contains("\"source\":\"LastResort\"", json, StringComparison.Ordinal);
        Assert.Equal(report.Attempts, read.Attempts);
        Assert.Equal(report with { Attempts = [] }, read with { Attempts = [] });
    }

    [Fact]
    public async Task Stream_CarriesTheShortFormBeforeFirstContentAndTheWholeAtTheEnd()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Answer("a", "b").Using(1, 2));
        var updates = await _lab.Models().GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync();

        var reported = updates.Where(static u => u.GetResilienceReport() is not null).ToList();

        Assert.Equal(2, reported.Count);
        Assert.All(reported, static update => Assert.Null(update.MessageId));
        Assert.All(reported, static update => Assert.Empty(update.Contents));
        var next = updates[updates.IndexOf(reported[0]) + 1];
        Assert.Equal(("a", "message-1"), (next.Text, next.MessageId));
        Assert.Equal("primary", reported[0].GetResilienceReport()!.ServedBy);
        Assert.Empty(reported[0].GetResilienceReport()!.Attempts);
        Assert.Same(updates[^1], reported[1]);
        Assert.Single(reported[1].GetResilienceReport()!.Attempts);
        var response = updates.ToChatResponse();
        Assert.Single(response.GetResilienceReport()!.Attempts);
        Assert.Single(response.Messages);
        Assert.Equal("ab", response.Text);
        Assert.Null(response.Messages[0].AdditionalProperties);
    }

    [Fact]
    public async Task Plain_ClientSharesItsResponse_IsNeverAnnotated()
    {
        var shared = new ChatResponse(new ChatMessage(ChatRole.Assistant, "answer")) { ResponseId = "r", AdditionalProperties = new() { ["own"] = 1 } };
        var ladder = _lab.Builder().AddModel("primary", new FixedAnswerClient(Task.FromResult(shared))).Build();

        var first = await ladder.GetResponseAsync(LadderLab.Ask());
        var second = await ladder.GetResponseAsync(LadderLab.Ask());

        Assert.Null(shared.GetResilienceReport());
        Assert.Single(shared.AdditionalProperties);
        Assert.NotSame(first.GetResilienceReport(), second.GetResilienceReport());
        Assert.Equal(("r", 1), (first.ResponseId, first.AdditionalProperties!["own"]));
    }

    [Fact]
    public void WithResilienceReport_OnAnAnswerOfATest_IsReadBackAndLeavesTheAnswerAsItWas()
    {
        var answer = new ChatResponse(new ChatMessage(ChatRole.Assistant, "sorry"));
        var report = new ResilienceReport { Source = AnswerSource.LastResort, ServedBy = "last-resort", IsDegraded = true };

        var shown = answer.WithResilienceReport(report);

        Assert.Same(report, shown.GetResilienceReport());
        Assert.Equal("sorry", shown.Text);
        Assert.Null(answer.GetResilienceReport());
    }
}
