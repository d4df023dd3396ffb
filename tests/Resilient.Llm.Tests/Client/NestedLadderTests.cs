using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class NestedLadderTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Report_OfTheOuterLadder_NamesTheInnerAsItsModel(bool streaming)
    {
        _lab.FailPrimary();
        var outer = _lab.Builder().AddModel("group", _lab.Models()).AddLastResort().Build();

        var report = (await outer.AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal(("group", false), (report.ServedBy, report.IsDegraded));
        Assert.Equal("group", Assert.Single(report.Attempts).Step);
    }

    [Fact]
    public async Task Stream_OfTheOuterLadder_HoldsTwoReportsAndNotTheInnerOnes()
    {
        LadderLab.GoOnInline();
        var outer = _lab.Builder().AddModel("group", _lab.Models()).Build();

        var updates = await outer.GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync();

        var reports = updates.Select(static u => u.GetResilienceReport()).OfType<ResilienceReport>().ToList();
        Assert.Equal(["group", "group"], reports.Select(static r => r.ServedBy));
        Assert.NotNull(updates[^1].GetResilienceReport());
    }

    [BothWays]
    public async Task InnerLastResortAnswers_TheOuterReportsItAndStoresNothing(bool streaming)
    {
        LadderLab.GoOnInline();
        _lab.FailPrimary();
        var inner = _lab.Builder().AddModel("primary", _lab.Primary).AddLastResort().Build();
        var outer = _lab.Builder().AddModel("group", inner).AddCachedAnswers(static c => c.Mode = CachedAnswerMode.ReadThrough).Build();

        for (var i = 0; i < 2; i++)
        {
            var report = (await outer.AskAsync(streaming)).GetResilienceReport()!;

            Assert.Equal((AnswerSource.LastResort, "group", true), (report.Source, report.ServedBy, report.IsDegraded));
        }
    }

    [BothWays]
    public async Task InnerStoredAnswer_TheOuterReportsItsAge(bool streaming)
    {
        var inner = _lab.Builder().AddModel("primary", _lab.Primary).AddCachedAnswers().Build();
        var outer = _lab.Builder().AddModel("group", inner).Build();
        await outer.AskAsync(streaming);
        _lab.FailPrimary();
        _lab.Clock.Advance(TimeSpan.FromMinutes(7));

        var report = (await outer.AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal((AnswerSource.Cache, TimeSpan.FromMinutes(7), true), (report.Source, report.AnswerAge, report.IsDegraded));
    }

    [BothWays]
    public async Task Deadline_OfTheOuter_HoldsInside(bool streaming)
    {
        var inner = _lab.Builder()
            .AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddModel("second", new HostileChatClient(Hostility.IsDeaf)).AddLastResort().Build();
        var outer = _lab.Builder().AnswerWithin(TimeSpan.FromSeconds(10)).AddModel("group", inner).AddModel("cheaper", _lab.Cheaper).Build();

        var report = (await _lab.RunAsync(outer.AskAsync(streaming))).GetResilienceReport()!;

        // 60 % of ten seconds, of which the inner ladder keeps its own reserve: its last resort answers for it.
        Assert.Equal("group", report.ServedBy);
        Assert.Equal(TimeSpan.FromSeconds(5.75), report.Elapsed);
    }

    [BothWays]
    public async Task InnerIsExhausted_TheOuterStepsDown(bool streaming)
    {
        _lab.FailPrimary();
        var inner = _lab.Builder().AddModel("primary", _lab.Primary).Build();
        var outer = _lab.Builder().AddModel("group", inner).AddModel("cheaper", _lab.Cheaper).Build();

        Assert.Equal("from cheaper", (await outer.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task Residency_OfTheOuter_HoldsInside(bool streaming)
    {
        var european = ScriptedChatClient.Answering("from Europe");
        var inner = _lab.Builder()
            .AddModel("primary", _lab.Primary, static m => m.InRegion("eastus", "US"))
            .AddModel("european", european, static m => m.InRegion("westeurope", "EU"))
            .Build();
        var outer = _lab.Builder().AddModel("group", inner, static m => m.InRegion("anywhere", "EU")).Build();

        var response = await outer.AskAsync(streaming, options: new ResilientChatOptions { Residency = DataResidency.Within("EU") });

        Assert.Equal("from Europe", response.Text);
        Assert.Equal(0, _lab.Primary.CallCount);
        Assert.IsType<ChatOptions>(european.Calls[0].ReceivedOptions);
    }

    [BothWays]
    public async Task Residency_CarriedUnderTheReservedKey_HoldsInsideToo(bool streaming)
    {
        var inner = _lab.Builder()
            .AddModel("primary", _lab.Primary, static m => m.InRegion("eastus", "US"))
            .AddModel("european", _lab.Cheaper, static m => m.InRegion("westeurope", "EU"))
            .Build();
        var outer = _lab.Builder().AddModel("group", inner, static m => m.InRegion("anywhere", "EU")).Build();

        var response = await outer.AskAsync(streaming, options: new ChatOptions { AdditionalProperties = new() { [ResilientChatOptions.ResidencyKey] = "EU" } });

        Assert.Equal("from cheaper", response.Text);
        Assert.DoesNotContain(ResilientChatOptions.ResidencyKey, (IDictionary<string, object?>?)_lab.Cheaper.Calls[0].Options!.AdditionalProperties ?? new Dictionary<string, object?>());
    }
}
