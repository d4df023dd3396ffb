using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public partial class LastResortChatClientTests
{
    public static TheoryData<string, bool> BadSearches()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in new[] { "throws", "faults", "cancels itself", "null task", "null list", "null results", "list throws", "blank titles" })
        {
            data.Add(name, false);
            data.Add(name, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(BadSearches))]
    public async Task Answer_OneSearchIsBad_KeepsWhatTheOthersFound(string how, bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(Bad(how)).AddSearch(new FakeSearch(_reset)));

        Assert.Contains("1. Reset your password", (await client.AskAsync("Reset Password", streaming)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadSearches))]
    public async Task Answer_EverySearchIsBad_StillAnswers(string how, bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(Bad(how)));

        Assert.StartsWith("I couldn't process your request", (await client.AskAsync("Reset Password", streaming)).Text, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Answer_EverySearchFails_DoesNotClaimThatNothingExists(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(Bad("faults")));

        Assert.Equal(new LastResortText().Apology, (await client.AskAsync("Reset Password", streaming)).Text);
    }

    [BothWays]
    public async Task Answer_RulesTextsAndHandlersThrow_StillAnswers(bool streaming)
    {
        using var client = new LastResortChatClient(b => b
            .AddRule(_ => throw new InvalidOperationException())
            .AddRule((_, _) => throw new InvalidOperationException())
            .AddRule((_, _) => ValueTask.FromException<string?>(new OperationCanceledException()))
            .AddRule(_ => " ")
            .ChooseText(_ => throw new InvalidOperationException())
            .OnError((_, _) => throw new InvalidOperationException())
            .AddSearch(new FakeSearch(_reset)));

        Assert.StartsWith(Ask.SeedSentence, (await client.AskAsync("Reset Password", streaming)).Text, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Answer_FormatterThrows_UsesTheDefaultFormat(bool streaming)
    {
        using var client = new LastResortChatClient(b => b
            .WithText(t => t.FormatResult = (_, _) => throw new InvalidOperationException())
            .AddSearch(new FakeSearch(_reset)));

        Assert.Contains("1. Reset your password", (await client.AskAsync("Reset Password", streaming)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnError_RuleAndSearchFail_NamesBoth()
    {
        var errors = new List<string>();
        using var client = new LastResortChatClient(b => b
            .AddRule("never", "x")
            .AddRule(_ => throw new InvalidOperationException())
            .AddSearch(Bad("faults"))
            .OnError((step, exception) => errors.Add($"{step}: {exception.GetType().Name}")));

        await client.AskAsync("Reset Password", streaming: false);

        Assert.Equal(["rule 2: InvalidOperationException", "search FakeSearch: IOException"], errors);
    }

    [BothWays]
    public async Task Answer_CallerCancelled_Throws(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddRule("hello", "Hi"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync("hello", streaming, cancellationToken: new CancellationToken(true)));
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Answer_CallerCancelsWhileSomethingHangs_ThrowsAtOnceAndTellsItToStop(bool inRule, bool streaming)
    {
        RunInline();
        var clock = new ManualTimeProvider();
        var told = default(CancellationToken);
        using var caller = new CancellationTokenSource();
        using var client = new LastResortChatClient(
            b => _ = inRule
                ? b.AddRule((_, token) =>
                {
                    told = token;
                    return new(new TaskCompletionSource<string?>().Task);
                })
                : b.AddSearch(new FakeSearch((_, _, token) =>
                {
                    told = token;
                    return new TaskCompletionSource<IReadOnlyList<SearchResult>>().Task;
                })),
            timeProvider: clock);

        var asking = client.AskAsync("Reset Password", streaming, cancellationToken: caller.Token);
        Assert.False(asking.IsCompleted);
        await caller.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(caller.Token, exception.CancellationToken);
        Assert.True(told.IsCancellationRequested);
    }

    private static FakeSearch Bad(string how) => how switch
    {
        "throws" => new((_, _, _) => throw new IOException()),
        "faults" => new((_, _, _) => Task.FromException<IReadOnlyList<SearchResult>>(new IOException())),
        "cancels itself" => new((_, _, _) => Task.FromCanceled<IReadOnlyList<SearchResult>>(new CancellationToken(true))),
        "null task" => new((_, _, _) => null!),
        "null list" => new((_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>(null!)),
        "null results" => new((_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([null!, null!])),
        "list throws" => new((_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>(new ThrowingList())),
        "blank titles" => new((_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([new(null!, null!), new(" ", "x")])),
        _ => throw new ArgumentOutOfRangeException(nameof(how)),
    };

    private sealed class ThrowingList : IReadOnlyList<SearchResult>
    {
        public int Count => throw new IOException();

        public SearchResult this[int index] => throw new IOException();

        public IEnumerator<SearchResult> GetEnumerator() => throw new IOException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
