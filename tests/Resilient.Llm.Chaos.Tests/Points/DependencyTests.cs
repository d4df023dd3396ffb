using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using NSubstitute;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Dependencies other than models: what happens to them, and that they come through unharmed otherwise.</summary>
public sealed class DependencyTests : IDisposable
{
    private static readonly ChaosBlastRadius s_store = new() { Dependencies = ["store"] };
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(4);

    private readonly FaultLab _lab = new();

    public static TheoryData<ChaosFaultKind> Throwing => [.. Enum.GetValues<ChaosFaultKind>().Except(
    [
        ChaosFaultKind.Latency, ChaosFaultKind.SlowStream, ChaosFaultKind.Hang, ChaosFaultKind.DeafHang, ChaosFaultKind.KeepAlivesOnly, ChaosFaultKind.StalledStream,
    ])];

    [Theory]
    [MemberData(nameof(Throwing))]
    public async Task Pass_FaultThatThrows_Throws(ChaosFaultKind kind)
    {
        using var run = _lab.Start(new(kind), target: s_store);

        var exception = await Record.ExceptionAsync(() => _lab.Chaos.PassAsync("store").AsTask());

        Assert.Contains("chaos experiment", exception.Message, StringComparison.Ordinal);
        Assert.Equal(kind is ChaosFaultKind.Severed, exception is IOException { InnerException: System.Net.Sockets.SocketException });
        await _lab.Chaos.PassAsync("other");
    }

    [Theory]
    [InlineData(ChaosFaultKind.Latency)]
    [InlineData(ChaosFaultKind.SlowStream)]
    public async Task Pass_Latency_IsLateAndThenGoesOn(ChaosFaultKind kind)
    {
        FaultLab.GoOnInline();
        using var run = _lab.Start(new(kind) { Latency = ChaosLatency.Fixed(s_delay) }, target: s_store);
        var pass = _lab.Chaos.PassAsync("store").AsTask();
        _lab.Clock.Advance(s_delay - TimeSpan.FromTicks(1));
        Assert.False(pass.IsCompleted);

        _lab.Clock.Advance(TimeSpan.FromTicks(1));

        await pass;
        Assert.Equal(1, _lab.Clock.ArmedTimers);
    }

    [Theory]
    [InlineData(ChaosFaultKind.Hang)]
    [InlineData(ChaosFaultKind.DeafHang)]
    [InlineData(ChaosFaultKind.KeepAlivesOnly)]
    [InlineData(ChaosFaultKind.StalledStream)]
    public async Task Pass_Silence_LastsUntilTheExperimentEnds(ChaosFaultKind kind)
    {
        FaultLab.GoOnInline();
        var run = _lab.Start(new(kind), target: s_store);
        var pass = _lab.Chaos.PassAsync("store").AsTask();
        _lab.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(pass.IsCompleted);

        run.Dispose();

        Assert.True(pass.IsCompletedSuccessfully);
        await pass;
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public async Task Pass_CallerCancelsAWait_IsTheCallers()
    {
        FaultLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        using var run = _lab.Start(new(ChaosFaultKind.Hang), target: s_store);
        var pass = _lab.Chaos.PassAsync("store", caller.Token).AsTask();

        caller.Cancel();

        Assert.True(pass.IsCompleted, "It waits for a caller that has left.");
        Assert.Equal(caller.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pass)).CancellationToken);
    }

    /// <summary>With the search severed the last resort goes on without it, as without any search that throws.</summary>
    [BothWays]
    public async Task Search_Severed_TheLastResortApologisesWithoutIt(bool streaming)
    {
        var search = Substitute.For<ISearchSource>();
        search.Geography.Returns((string?)null);
        search.SearchAsync(default!, default, default).ReturnsForAnyArgs(Task.FromResult<IReadOnlyList<SearchResult>>([new("Reset your password", "Open Settings.")]));
        var ladder = _lab.Alone(chat => chat.WithRetries(0).AddLastResort(resort => resort.AddSearch(new ChaosSearchSource(search, _lab.Chaos, "store"))));
        using var models = _lab.Start(new(ChaosFaultKind.ModelUnavailable), "models");
        var before = await _lab.AskAsync(ladder, streaming);
        using var severed = _lab.Start(new(ChaosFaultKind.Severed), target: s_store);

        var during = await _lab.AskAsync(ladder, streaming);

        Assert.Contains("Reset your password", before.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Reset your password", during.Text, StringComparison.Ordinal);
        Assert.Equal(AnswerSource.LastResort, during.Report.Source);
        Assert.Single(search.ReceivedCalls(), static call => call.GetMethodInfo().Name == nameof(ISearchSource.SearchAsync));
    }

    [Fact]
    public async Task Search_NothingRuns_IsTheInnerOne()
    {
        var search = Substitute.For<ISearchSource>();
        var found = Task.FromResult<IReadOnlyList<SearchResult>>([]);
        search.Geography.Returns("EU");
        search.SearchAsync("question", 3, Arg.Any<CancellationToken>()).Returns(found);
        var chaos = new ChaosSearchSource(search, _lab.Chaos, "store");

        Assert.Same(found, chaos.SearchAsync("question", 3));
        Assert.Equal("EU", chaos.Geography);
        await found;
    }

    [Fact]
    public async Task Cache_EveryMember_PassesThePointAndReachesTheStoreWithWhatItWasGiven()
    {
        var store = Substitute.For<IDistributedCache>();
        var (value, options) = (new byte[] { 1 }, new DistributedCacheEntryOptions());
        var cache = new ChaosDistributedCache(store, _lab.Chaos, "store");
        Func<Task>[] members =
        [
            () => Task.FromResult(cache.Get("k")),
            () => cache.GetAsync("k"),
            () => Sync(() => cache.Set("k", value, options)),
            () => cache.SetAsync("k", value, options),
            () => Sync(() => cache.Refresh("k")),
            () => cache.RefreshAsync("k"),
            () => Sync(() => cache.Remove("k")),
            () => cache.RemoveAsync("k"),
        ];
        using (var run = _lab.Start(new(ChaosFaultKind.Severed), target: s_store))
        {
            foreach (var member in members)
            {
                await Assert.ThrowsAsync<IOException>(member);
            }

            Assert.Equal(members.Length, run.Injected);
        }

        Assert.Empty(store.ReceivedCalls());
        foreach (var member in members)
        {
            await member();
        }

        Received.InOrder(() =>
        {
            store.Get("k");
            store.GetAsync("k", Arg.Any<CancellationToken>());
            store.Set("k", value, options);
            store.SetAsync("k", value, options, Arg.Any<CancellationToken>());
            store.Refresh("k");
            store.RefreshAsync("k", Arg.Any<CancellationToken>());
            store.Remove("k");
            store.RemoveAsync("k", Arg.Any<CancellationToken>());
        });

        static async Task Sync(Action action)
        {
            await Task.CompletedTask;
            action();
        }
    }

    /// <summary>Nobody can cancel a synchronous call: it blocks its own thread, until the experiment ends and no longer.</summary>
    [Fact]
    public async Task Cache_SynchronousGetWhileTheStoreIsSilent_BlocksUntilTheExperimentEnds()
    {
        var store = Substitute.For<IDistributedCache>();
        store.Get("k").Returns([1]);
        var cache = new ChaosDistributedCache(store, _lab.Chaos, "store");
        var run = _lab.Start(new(ChaosFaultKind.Hang), target: s_store);
        var getting = Task.Factory.StartNew(() => cache.Get("k"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        SpinWait.SpinUntil(() => run.Injected == 1);
        Assert.False(getting.IsCompleted);

        run.Dispose();

        Assert.Equal([1], await getting);
    }

    /// <summary>A store of answers that is down is a miss: the rung below answers.</summary>
    [BothWays]
    public async Task Cache_SeveredBelowStoredAnswers_IsAMissAndNoFailedRequest(bool streaming)
    {
        var store = Substitute.For<IDistributedCache>();
        var cache = new ChaosDistributedCache(store, _lab.Chaos, "store");
        var ladder = _lab.Alone(chat => chat
            .WithRetries(0)
            .AddCachedAnswers(answers => answers.UseDistributedCache(cache))
            .AddLastResort());
        using var models = _lab.Start(new(ChaosFaultKind.ModelUnavailable), "models");
        using var severed = _lab.Start(new(ChaosFaultKind.Severed), target: s_store);

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal((null, AnswerSource.LastResort), (outcome.Exception, outcome.Report.Source));
        Assert.True(severed.Injected > 0, "The store was not asked.");
        Assert.Empty(store.ReceivedCalls());
    }

    [Fact]
    public async Task Embeddings_SeveredAndNot_ThrowAndAreTheInnerOnes()
    {
        var inner = Substitute.For<IEmbeddingGenerator<string, Embedding<float>>>();
        var made = Task.FromResult<GeneratedEmbeddings<Embedding<float>>>([]);
        inner.GenerateAsync(default!, default, default).ReturnsForAnyArgs(made);
        using var embeddings = new ChaosEmbeddingGenerator<string, Embedding<float>>(inner, _lab.Chaos, "store");
        using (_lab.Start(new(ChaosFaultKind.Severed), target: s_store))
        {
            await Assert.ThrowsAsync<IOException>(() => embeddings.GenerateAsync(["text"]));
        }

        Assert.Same(made, embeddings.GenerateAsync(["text"]));
        Assert.Single(inner.ReceivedCalls(), static call => call.GetMethodInfo().Name == "GenerateAsync");
        await made;
    }

    [Fact]
    public void Points_BadArguments_AreNamed()
    {
        var (search, cache) = (Substitute.For<ISearchSource>(), Substitute.For<IDistributedCache>());
        Assert.Throws<ArgumentNullException>("inner", () => new ChaosSearchSource(null!, _lab.Chaos, "store"));
        Assert.Throws<ArgumentNullException>("chaos", () => new ChaosDistributedCache(cache, null!, "store"));
        Assert.Throws<ArgumentException>("name", () => new ChaosSearchSource(search, _lab.Chaos, ""));
        Assert.Throws<ArgumentException>("name", () => new ChaosDistributedCache(cache, _lab.Chaos, " "));
    }

    public void Dispose() => _lab.Dispose();
}
