using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public partial class LastResortChatClientTests
{
    [BothWays]
    public async Task Answer_SearchHangsWithoutDeadline_IsLeftBehindAfterTwoSeconds(bool streaming)
    {
        RunInline();
        var clock = new ManualTimeProvider();
        var hanging = new FakeSearch(HangAsync);
        var errors = new List<string>();
        using var client = new LastResortChatClient(
            b => b.AddSearch(hanging).AddSearch(new FakeSearch(_reset)).OnError((step, e) => errors.Add($"{step}: {e.GetType().Name}")), timeProvider: clock);

        var asking = client.AskAsync("Reset Password", streaming);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(asking.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Contains("1. Reset your password", (await asking).Text, StringComparison.Ordinal);
        Assert.True(hanging.LastToken.IsCancellationRequested);
        Assert.Equal(["search FakeSearch: TimeoutException"], errors);
        Assert.Equal(0, clock.ArmedTimers);
    }

    [BothWays]
    public async Task Answer_AnswerWithinIsSet_IsReadyBeforeIt(bool streaming)
    {
        RunInline();
        var clock = new ManualTimeProvider();
        using var client = new LastResortChatClient(
            b => b.AddRule((_, _) => new(new TaskCompletionSource<string?>().Task)).AddSearch(new FakeSearch(HangAsync)), timeProvider: clock);

        var asking = client.AskAsync("Reset Password", streaming, new ResilientChatOptions { AnswerWithin = TimeSpan.FromMilliseconds(200) });
        clock.Advance(TimeSpan.FromMilliseconds(199));

        Assert.True(asking.IsCompleted);
        Assert.Equal(new LastResortText().Apology, (await asking).Text);
    }

    [Fact]
    public async Task Step_ReserveIsLeft_AnswersInsideIt()
    {
        RunInline();
        var clock = new ManualTimeProvider();
        using var client = new LastResortChatClient(
            b => b.AddRule((_, _) => new(new TaskCompletionSource<string?>().Task)).AddSearch(new FakeSearch(HangAsync)).AddSearch(new FakeSearch(_reset)));

        var asking = client.AskAsStepAsync("Reset Password", clock, TimeSpan.FromMilliseconds(250)).AsTask();
        clock.Advance(TimeSpan.FromMilliseconds(249));

        Assert.True(asking.IsCompleted);
        Assert.StartsWith(Ask.SeedSentence, (await asking)!.Response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Step_DeadlineHasPassed_AnswersAtOnceWithWhatIsAtHand()
    {
        RunInline();
        var clock = new ManualTimeProvider();
        var search = new FakeSearch(_reset);
        using var client = new LastResortChatClient(b => b
            .AddRule((_, _) => new(new TaskCompletionSource<string?>().Task))
            .AddRule("hello", "Hi")
            .AddFaq("How do I reset my password?", "Open Settings.")
            .AddSearch(search));

        var rule = client.AskAsStepAsync("hello", clock, TimeSpan.FromSeconds(-1));
        var faq = client.AskAsStepAsync("password", clock, TimeSpan.FromSeconds(-1));

        Assert.True(rule.IsCompleted && faq.IsCompleted);
        Assert.Equal("Hi", (await rule)!.Response.Text);
        Assert.Contains("1. How do I reset my password?", (await faq)!.Response.Text, StringComparison.Ordinal);
        Assert.Equal(0, search.Calls);
    }

    [Fact]
    public async Task Answer_RuleHangs_LeavesTimeForTheSearch()
    {
        RunInline();
        var clock = new ManualTimeProvider();
        using var client = new LastResortChatClient(
            b => b.AddRule((_, _) => new(new TaskCompletionSource<string?>().Task)).AddRule("never", "x").AddSearch(new FakeSearch(_reset)), timeProvider: clock);

        var asking = client.AskAsync("Reset Password", streaming: false);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.StartsWith(Ask.SeedSentence, (await asking).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_LateSearchThrowsOnCancellation_IsNoOnesProblem()
    {
        RunInline();
        var clock = new ManualTimeProvider();
        var source = new TaskCompletionSource<IReadOnlyList<SearchResult>>();
        using var client = new LastResortChatClient(
            b => b.AddSearch(new FakeSearch((_, _, token) =>
            {
                token.Register(() => throw new InvalidOperationException());
                return source.Task;
            })),
            timeProvider: clock);

        var asking = client.AskAsync("Reset Password", streaming: false);
        clock.Advance(TimeSpan.FromSeconds(2));
        source.SetException(new IOException());

        Assert.Equal(new LastResortText().Apology, (await asking).Text);
    }

    [Fact]
    public async Task Answer_SearchAnswersInTime_LeavesNoTimerBehind()
    {
        RunInline();
        var clock = new ManualTimeProvider();
        var source = new TaskCompletionSource<IReadOnlyList<SearchResult>>();
        using var caller = new CancellationTokenSource();
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch((_, _, _) => source.Task)), timeProvider: clock);

        var asking = client.AskAsync("Reset Password", streaming: false, cancellationToken: caller.Token);
        clock.Advance(TimeSpan.FromSeconds(1));
        source.SetResult([_reset]);

        Assert.StartsWith(Ask.SeedSentence, (await asking).Text, StringComparison.Ordinal);
        Assert.Equal(0, clock.ArmedTimers);
    }

    /// <summary>Whatever a moved clock sets off is then done when the clock has moved: a synchronization context would send it elsewhere.</summary>
    private static void RunInline() => SynchronizationContext.SetSynchronizationContext(null);

    private static Task<IReadOnlyList<SearchResult>> HangAsync(string query, int maxResults, CancellationToken cancellationToken) =>
        new TaskCompletionSource<IReadOnlyList<SearchResult>>().Task;
}
