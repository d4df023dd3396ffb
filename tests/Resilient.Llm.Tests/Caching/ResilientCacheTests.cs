using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>A cache above a ladder keeps only what the ladder is proud of.</summary>
public sealed class ResilientCacheTests
{
    private readonly LadderLab _lab = new();

    /// <summary>A client in between answers no question about the ladder: where that lets data go is unknown.</summary>
    [BothWays]
    public async Task Cache_LadderIsHidden_NothingIsStored(bool streaming)
    {
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.InRegion("swedencentral", "EU"))
            .WithResidency(DataResidency.Within("EU"))
            .Build();
        using var hiding = new HidingClient(ladder, rebuilds: false);
        var chat = Cached(hiding);

        await chat.AskAsync(streaming, "q");
        await chat.AskAsync(streaming, "q");

        Assert.Equal(2, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Cache_ModelsDownThenBack_ServesTheModelAndNotTheApology(bool streaming)
    {
        _lab.FailPrimary();
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        var chat = Cached(_lab.Whole());
        Assert.Equal(AnswerSource.LastResort, (await _lab.RunAsync(chat.AskAsync(streaming, "q"))).GetResilienceReport()!.Source);

        _lab.Primary.Always(Scripted.Answer("from primary"));

        Assert.Equal("from primary", (await _lab.RunAsync(chat.AskAsync(streaming, "q"))).Text);
    }

    [BothWays]
    public async Task Cache_AnswerOfALesserModel_IsAskedForAgain(bool streaming)
    {
        _lab.FailPrimary();
        var chat = Cached(_lab.Whole());

        await _lab.RunAsync(chat.AskAsync(streaming, "q"));
        await _lab.RunAsync(chat.AskAsync(!streaming, "q"));

        Assert.Equal(2, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Cache_WholeAnswer_IsServedWithAReportOfItsOwn(bool streaming)
    {
        var chat = Cached(_lab.Whole());
        await chat.AskAsync(streaming, "q");
        _lab.Clock.Advance(TimeSpan.FromMinutes(5));

        foreach (var again in new[] { streaming, !streaming })
        {
            var served = await chat.AskAsync(again, "q");
            var report = served.GetResilienceReport()!;

            Assert.Equal("from primary", served.Text);
            Assert.Equal((AnswerSource.Cache, "cache", false, TimeSpan.FromMinutes(5)), (report.Source, report.ServedBy, report.IsDegraded, report.AnswerAge!.Value));
            Assert.All(served.Messages, static message => Assert.Null(message.AdditionalProperties));
        }

        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [Theory]
    [BothWaysData("partition")]
    [BothWaysData("residency")]
    [BothWaysData("tools")]
    [BothWaysData("instructions")]
    public async Task Cache_AnotherTenantPlaceOrTool_IsAnotherQuestion(string difference, bool streaming)
    {
        var chat = Cached(_lab.Whole(), static options => options.Geography = "EU");
        ResilientChatOptions Options(string value) => difference switch
        {
            "partition" => new() { CachePartition = value },
            "residency" => new() { Residency = value == "a" ? DataResidency.Anywhere : DataResidency.Within("EU", "US") },
            "tools" => new() { Tools = [AIFunctionFactory.CreateDeclaration(value, "d", default)] },
            _ => new() { Instructions = value },
        };

        // A model without a place may not be asked for bound data; its stored answer may not be given away either.
        _lab.Primary.Always(Scripted.Answer("for a"));
        await chat.AskAsync(streaming, "q", Options("a"));
        _lab.Primary.Always(Scripted.Answer("for b"));
        var other = await _lab.RunAsync(chat.AskAsync(streaming, "q", Options("b")));

        Assert.NotEqual("for a", other.Text);
        Assert.Equal("for a", (await chat.AskAsync(streaming, "q", Options("a"))).Text);
    }

    [BothWays]
    public async Task Cache_LadderBoundWhereTheCacheIsNot_StoresNothing(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.InRegion("north", "EU"))
            .WithResidency(DataResidency.Within("EU"))
            .Build();
        var nowhere = Cached(ladder);
        var inside = Cached(ladder, static options => options.Geography = "EU");

        await nowhere.AskAsync(streaming, "q");
        await nowhere.AskAsync(streaming, "q");
        Assert.Equal(2, _lab.Primary.CallCount);
        await inside.AskAsync(streaming, "q");
        await inside.AskAsync(streaming, "q");
        Assert.Equal(3, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Cache_ResidencyThatOnlyTheLadderKnows_FailsClosed(bool streaming)
    {
        var user = "EU";
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.InRegion("north", "EU"))
            .RequireResidency(_ => DataResidency.Within(user))
            .AddLastResort()
            .Build();
        var chat = Cached(ladder, static options => options.Geography = "EU");

        await chat.AskAsync(streaming, "q");
        user = "US";
        var other = await _lab.RunAsync(chat.AskAsync(streaming, "q"));

        Assert.NotEqual("from primary", other.Text);
        var stated = new ResilientChatOptions { Residency = DataResidency.Within("EU") };
        await chat.AskAsync(streaming, "q", stated);
        await chat.AskAsync(streaming, "q", stated);
        Assert.Equal(2, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Cache_ReportRemovedInBetween_StoresNothing(bool streaming)
    {
        var ladder = _lab.Whole();
        var chat = Cached(new ReportlessClient(ladder));

        await chat.AskAsync(streaming, "q");
        await chat.AskAsync(streaming, "q");

        Assert.Equal(2, _lab.Primary.CallCount);
    }

    [Fact]
    public async Task Cache_SharedCallThatIsDegraded_IsNotGivenToTheOthers()
    {
        LadderLab.GoOnInline();
        var upstream = new TaskCompletionSource<ChatResponse>();
        var calls = 0;
        var ladder = _lab.Builder()
            .AddModel("primary", new FakeChatClient(_ => ++calls == 1 ? upstream.Task : Task.FromResult(Answers.Text("from primary"))))
            .AddLastResort()
            .WithRetries(0)
            .Build();
        var chat = Cached(ladder);
        var first = chat.AskAsync(streaming: false, "q");
        var second = chat.AskAsync(streaming: false, "q");

        upstream.SetException(LadderLab.Status(404));

        Assert.Equal(AnswerSource.LastResort, (await _lab.RunAsync(first)).GetResilienceReport()!.Source);
        Assert.Equal("from primary", (await _lab.RunAsync(second)).Text);
    }

    [Fact]
    public async Task Cache_SharedWholeAnswer_HasItsReportForEachCaller()
    {
        LadderLab.GoOnInline();
        var upstream = new TaskCompletionSource<ChatResponse>();
        var chat = Cached(_lab.Builder().AddModel("primary", new FakeChatClient(_ => upstream.Task)).Build());
        var asking = Enumerable.Range(0, 3).Select(_ => chat.AskAsync(streaming: false, "q")).ToArray();

        upstream.SetResult(Answers.Text("42"));

        Assert.All(await Task.WhenAll(asking), static answer => Assert.Equal(("42", "primary"), (answer.Text, answer.GetResilienceReport()!.ServedBy)));
    }

    [BothWays]
    public async Task Cache_StoreOfTheServices_IsUsedUnlessAnotherIsGiven(bool streaming)
    {
        var registered = new FakeDistributedCache();
        var given = new FakeDistributedCache();
        await using var services = new ServiceCollection().AddSingleton<IDistributedCache>(registered).AddSingleton<TimeProvider>(_lab.Clock).BuildServiceProvider();
        var byDefault = new ChatClientBuilder(_lab.Whole()).UseResilientCache().Build(services);
        var byHand = new ChatClientBuilder(_lab.Whole()).UseResilientCache(given).Build(services);

        await byDefault.AskAsync(streaming, "q");
        Assert.Equal((1, 0), (registered.Writes, given.Writes));
        await byHand.AskAsync(streaming, "q");
        Assert.Equal((1, 1), (registered.Writes, given.Writes));
    }

    [BothWays]
    public async Task Cache_OfMicrosoftAboveTheLadder_IsWarnedOfOnce(bool streaming)
    {
        using var log = new LogCapture();
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary)
            .AddLastResort()
            .Use(static inner => new PassingClient(inner))
            .Use(static inner => new DistributedCachingChatClient(inner, new FakeDistributedCache()))
            .Build(log.Services);

        await ladder.AskAsync(streaming);
        await ladder.AskAsync(streaming);

        var warning = Assert.Single(log.Entries, static entry => entry.Id == 61);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("DistributedCachingChatClient", warning.Message, StringComparison.Ordinal);
        Assert.Contains("UseResilientCache", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cache_OursAboveOrTheirsAroundOneModel_IsFine()
    {
        using var log = new LogCapture();
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.Use(static inner => new DistributedCachingChatClient(inner, new FakeDistributedCache())))
            .AddLastResort()
            .Use(static (inner, services) => new ChatClientBuilder(inner).UseResilientCache().Build(services))
            .Build(log.Services);

        Assert.DoesNotContain(log.Entries, static entry => entry.Id == 61);
    }

    private IChatClient Cached(IChatClient ladder, Action<CachedAnswerOptions>? configure = null)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_lab.Clock).BuildServiceProvider();
        return new ChatClientBuilder(ladder).UseResilientCache(configure: configure).Build(services);
    }

    private sealed class ReportlessClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            response.AdditionalProperties = null;
            return response;
        }

        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                update.AdditionalProperties = null;
                yield return update;
            }
        }
    }
}
