using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;
using Resilient.Llm.Tests.Caching;

namespace Resilient.Llm.Tests;

/// <summary>One event for each bound request that failed over or was refused.</summary>
public sealed class ResidencyAuditTests
{
    private static readonly ChatOptions Europe = new ChatOptions().WithResidency(DataResidency.Within("EU"));

    private readonly LadderLab _lab = new();
    private readonly List<ResidencyAuditEvent> _audit = [];

    [BothWays]
    public async Task FirstCandidateAnswers_NothingIsTold(bool streaming)
    {
        var ladder = Ladder("EU", "US");

        await ladder.AskAsync(streaming, options: Europe);

        Assert.Empty(_audit);
    }

    [BothWays]
    public async Task FirstThatMayHaveItAnswers_ThatAnAmericanStandsBeforeItIsNotTold(bool streaming)
    {
        var response = await Ladder("US", "EU").AskAsync(streaming, options: Europe);

        Assert.Equal("from cheaper", response.Text);
        Assert.Empty(_audit);
    }

    [BothWays]
    public async Task FirstThatMayHaveItIsRetried_NothingIsTold(bool streaming)
    {
        _lab.Cheaper.Then(Scripted.Throw(LadderLab.Status(500))).Always(Scripted.Answer("from cheaper"));

        await _lab.RunAsync(Ladder("US", "EU", static chat => chat.WithRetries(static retries => retries.MaxRetries = 1)).AskAsync(streaming, options: Europe));

        Assert.Equal(2, _lab.Cheaper.CallCount);
        Assert.Empty(_audit);
    }

    [BothWays]
    public async Task FirstThatMayHaveItSaysNo_TheCallersMistakeIsNotTold(bool streaming)
    {
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(400)));

        await Assert.ThrowsAsync<HttpRequestException>(() => Ladder("US", "EU").AskAsync(streaming, options: Europe));

        Assert.Empty(_audit);
    }

    [BothWays]
    public async Task FirstThatMayHaveItIsOutOfService_IsToldOfWithAllWhoWerePassedOver(bool streaming)
    {
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]), "EU");
        var ladder = Ladder("US", "EU", chat => chat.AddLastResort(last => last.AddSearch(search)));
        ladder.GetRequiredService<ChatRegions>().Isolate("two");

        await ladder.AskAsync(streaming, options: Europe);

        var told = Assert.Single(_audit);
        Assert.Equal((AnswerSource.LastResort, "primary"), (told.Report.Source, Assert.Single(told.Refusals).Step));
    }

    [BothWays]
    public async Task ReadThrough_StoreElsewhere_IsToldOnlyWhenTheRequestFailsOver(bool streaming)
    {
        var ladder = Ladder("EU", "EU", static chat => chat.AddCachedAnswers(static cache => (cache.Mode, cache.Geography) = (CachedAnswerMode.ReadThrough, "US")));
        await ladder.AskAsync(streaming, options: Europe);
        Assert.Empty(_audit);

        _lab.FailPrimary();
        await _lab.RunAsync(ladder.AskAsync(streaming, options: Europe));

        Assert.Equal(new("cache", "cache/memory", "US", "the data may only go to: EU"), Assert.Single(Assert.Single(_audit).Refusals));
    }

    [BothWays]
    public async Task ReadThrough_OneOfTwoStoresElsewhere_IsToldOfASharedCallToo(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = Ladder("EU", "EU", static chat => chat.RunsIn("swedencentral", "EU").AddCachedAnswers(static cache =>
        {
            cache.Mode = CachedAnswerMode.ReadThrough;
            cache.UseDistributedCache(new FakeDistributedCache(), "US");
        }));

        await _lab.RunAsync(ladder.AskAsync(streaming, options: Europe));

        Assert.Equal("cache/distributed", Assert.Single(Assert.Single(_audit).Refusals).Endpoint);
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task NobodyAnswers_IsToldOfWhereOthersWereTried(bool streaming, bool allowFallback)
    {
        _lab.FailPrimary();
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        var options = Europe.WithResidency(DataResidency.Within("EU"));
        options.AllowFallback = allowFallback;

        await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(Ladder("EU", "EU").AskAsync(streaming, options: options)));

        Assert.Equal(allowFallback ? [(false, FailureKind.ModelUnavailable)] : [], _audit.Select(static told => (told.IsRefused, told.Failure!.Value)));
    }

    [BothWays]
    public async Task Unbound_FailsOver_NothingIsTold(bool streaming)
    {
        _lab.FailPrimary();

        await Ladder("EU", "US").AskAsync(streaming);

        Assert.Empty(_audit);
    }

    [BothWays]
    public async Task Bound_FailsOver_TellsWhereItWentAndWhoWasKeptFromIt(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = Ladder("EU", null, static chat => chat.RunsIn("swedencentral", "EU").AddLastResort());

        await _lab.RunAsync(ladder.AskAsync(streaming, "a secret", options: Europe));

        var told = Assert.Single(_audit);
        Assert.Equal(("EU", AnswerSource.LastResort, "EU", false, null, streaming), (told.Residency.ToString(), told.Report.Source, told.Report.Geography, told.IsRefused, told.Failure, told.IsStreaming));
        Assert.Equal(new("cheaper", "cheaper", null, "the data may only go to: EU"), Assert.Single(told.Refusals));
        Assert.DoesNotContain("secret", told.ToString(), StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Bound_FailsOverWithinItsGeography_TellsWhoAnswered(bool streaming)
    {
        _lab.FailPrimary();

        await _lab.RunAsync(Ladder("EU", "EU").AskAsync(streaming, options: Europe));

        var told = Assert.Single(_audit);
        Assert.Equal(("cheaper", "EU"), (told.Report.ServedBy, told.Report.Geography));
        Assert.Empty(told.Refusals);
    }

    [BothWays]
    public async Task Bound_HedgeAnswers_IsToldOf(bool streaming)
    {
        _lab.Primary.Always(Scripted.Answer("late").Delayed(_lab.Clock, TimeSpan.FromSeconds(9)));
        var ladder = Ladder("EU", "EU", static chat => chat.WithHedging(TimeSpan.FromSeconds(1)));

        await _lab.RunAsync(ladder.AskAsync(streaming, options: Europe));

        Assert.Equal("cheaper", Assert.Single(_audit).Report.ServedBy);
    }

    [BothWays]
    public async Task NoModelThere_TellsTheRefusal(bool streaming)
    {
        await Assert.ThrowsAsync<DataResidencyException>(() => Ladder("US", "US").AskAsync(streaming, options: Europe));

        var told = Assert.Single(_audit);
        Assert.Equal((true, FailureKind.Rejected, null, 2), (told.IsRefused, told.Failure, told.Report.ServedBy, told.Refusals.Count));
    }

    [BothWays]
    public async Task NoResidencyWhereOneIsRequired_TellsTheRefusal(bool streaming)
    {
        await Assert.ThrowsAsync<DataResidencyException>(() => Ladder("EU", "EU", static chat => chat.RequireResidency()).AskAsync(streaming));

        var told = Assert.Single(_audit);
        Assert.Equal((true, "nowhere"), (told.IsRefused, told.Residency.ToString()));
    }

    [BothWays]
    public async Task StoresAndSearchesElsewhere_AreAmongTheRefusals(bool streaming)
    {
        _lab.FailPrimary();
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]), "US");
        var ladder = Ladder("EU", "US", chat => chat.AddCachedAnswers(static cache => cache.Geography = "CH").AddLastResort(last => last.AddSearch(search)));

        await _lab.RunAsync(ladder.AskAsync(streaming, options: Europe));

        Assert.Equal(
            [("cheaper", "cheaper", "US"), ("cache", "cache/memory", "CH"), ("last-resort", "search FakeSearch", "US")],
            Assert.Single(_audit).Refusals.Select(static r => (r.Step, r.Endpoint, r.Geography)));
        Assert.Equal(0, search.Calls);
    }

    [BothWays]
    public async Task GuardRefuses_IsToldOf(bool streaming)
    {
        var ladder = Ladder("US", "EU", configurePrimary: static model => model.ConfigureOptions(static options => ((ResilientChatOptions)options).Residency = DataResidency.Within("EU")));

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(new("primary", "primary", "US", "refused below: the data may only go to: EU"), Assert.Single(Assert.Single(_audit).Refusals));
    }

    [BothWays]
    public async Task GuardRefuses_AndNobodyElseMayAnswer_IsToldOf(bool streaming)
    {
        var ladder = Ladder("US", "EU", configurePrimary: static model => model.ConfigureOptions(static options => ((ResilientChatOptions)options).Residency = DataResidency.Within("EU")));

        await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { AllowFallback = false })));

        Assert.Equal("primary", Assert.Single(Assert.Single(_audit).Refusals).Step);
    }

    [Fact]
    public async Task StreamBreaks_OnlyTheAmericanCouldGoOn_IsToldOf()
    {
        _lab.Primary.Always(Scripted.Answer("one ").BreakingAfter(1, new IOException()));
        var ladder = Ladder("EU", "US", static chat => chat.WithFallback(static options => options.MaxContinuations = 1));

        await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming: true, options: Europe)));

        Assert.Equal("cheaper", Assert.Single(Assert.Single(_audit).Refusals).Step);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task SharedCall_FailsOver_IsToldOfForEachRequest(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = Ladder("EU", "EU", static chat => chat.RunsIn("swedencentral", "EU").AddCachedAnswers(static cache => cache.Mode = CachedAnswerMode.ReadThrough));

        await _lab.RunAsync(ladder.AskAsync(streaming, options: Europe));

        Assert.Equal("cheaper", Assert.Single(_audit).Report.ServedBy);
    }

    [BothWays]
    public async Task Log_SaysItWithAStableId(bool streaming)
    {
        using var log = new LogCapture(LogLevel.Information);
        _lab.FailPrimary();
        var ladder = Ladder("EU", "US", static chat => chat.AddLastResort(), log: log);

        await _lab.RunAsync(ladder.AskAsync(streaming, "a secret", options: Europe));

        var entry = Assert.Single(log.Entries, static entry => entry.Id == 40);
        Assert.Equal(LogLevel.Information, entry.Level);
        Assert.Equal("Residency EU: answered by last-resort in undeclared; kept from: cheaper (US)", entry.Message);
    }

    private IChatClient Ladder(
        string? primary, string? cheaper, Action<ResilientChatBuilder>? configure = null, Action<ChatModelBuilder>? configurePrimary = null, LogCapture? log = null)
    {
        var builder = _lab.Builder()
            .OnResidencyAudit(_audit.Add)
            .AddModel("primary", _lab.Primary, m =>
            {
                m.InRegion("one", primary);
                configurePrimary?.Invoke(m);
            })
            .AddModel("cheaper", _lab.Cheaper, m => m.InRegion("two", cheaper));
        configure?.Invoke(builder);
        return builder.Build(log?.Services);
    }
}
