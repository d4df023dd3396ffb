namespace Resilient.Llm.Sqlite.Tests;

public class SqliteSearchSourceTests
{
    private static readonly SearchDocument[] _help =
    [
        new("reset", "Reset your password", "Open Settings and choose Security.", new Uri("https://example.com/reset")),
        new("security", "Security", "Here you find two-factor sign-in, sessions, and where to reset a password when it was lost."),
        new("invoice", "Find an invoice", "Invoices are listed under Billing."),
        new("cafe", "Le café", "Ouvert à midi."),
    ];

    [Fact]
    public async Task Search_WordsInTitleAndBody_RanksTheTitleHigher()
    {
        await using var source = await FilledAsync();

        var results = await source.SearchAsync("How do I reset my password?", 3);

        Assert.Equal(["Reset your password", "Security"], results.Select(r => r.Title));
        Assert.True(results[0].Score > results[1].Score && results[1].Score > 0);
        Assert.Equal(new Uri("https://example.com/reset"), results[0].Uri);
        Assert.Null(results[1].Uri);
    }

    [Theory]
    [InlineData("RESETTING passwords", "Reset your password")]
    [InlineData("invoiced", "Find an invoice")]
    [InlineData("cafe", "Le café")]
    [InlineData("CAFÉ", "Le café")]
    [InlineData("an unknown password and NOT NEAR(invoice) OR nothing", "Reset your password")]
    public async Task Search_OtherForms_FindsThem(string query, string title)
    {
        await using var source = await FilledAsync();

        Assert.Contains(await source.SearchAsync(query, 3), r => r.Title == title);
    }

    [Theory]
    [InlineData("zebra")]
    [InlineData("How do I do that?")]
    [InlineData("")]
    [InlineData("?!")]
    public async Task Search_NothingFits_IsEmpty(string query)
    {
        await using var source = await FilledAsync();

        Assert.Empty(await source.SearchAsync(query, 3));
    }

    [Fact]
    public async Task Search_LongBody_ShowsThePassage()
    {
        await using var source = SqliteSearchSource.InMemory();
        await source.AddAsync(new SearchDocument("1", "Guide", $"{Words(500)} the needle is here {Words(500)}"));

        var snippet = Assert.Single(await source.SearchAsync("needle", 1)).Snippet;

        Assert.Contains("the needle is here", snippet, StringComparison.Ordinal);
        Assert.StartsWith("…", snippet, StringComparison.Ordinal);
        Assert.EndsWith("…", snippet, StringComparison.Ordinal);
        Assert.True(snippet.Length < 300);

        static string Words(int count) => string.Join(' ', Enumerable.Repeat("hay", count));
    }

    [Fact]
    public async Task Search_MoreFit_IsBounded()
    {
        await using var source = SqliteSearchSource.InMemory();
        await source.AddAsync(Enumerable.Range(0, 50).Select(i => new SearchDocument($"{i}", $"Page {i}", "word")));

        Assert.Equal(7, (await source.SearchAsync("word", 7)).Count);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => source.SearchAsync("word", 0));
    }

    [Fact]
    public async Task Add_KnownId_ReplacesTheDocument()
    {
        await using var source = await FilledAsync();

        await source.AddAsync(new SearchDocument("reset", "Change your passphrase", "New text."));

        Assert.Equal(4, await source.CountAsync());
        Assert.Equal("Change your passphrase", Assert.Single(await source.SearchAsync("passphrase", 3)).Title);
        Assert.Equal(["Security"], (await source.SearchAsync("password", 3)).Select(r => r.Title));
    }

    [Fact]
    public async Task Add_SomethingGoesWrong_AddsNothing()
    {
        await using var source = await FilledAsync();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAsync<ArgumentException>(() => source.AddAsync([new("new", "New", ""), new(" ", "Blank", "")]));
        await Assert.ThrowsAsync<IOException>(() => source.AddAsync(Broken()));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.AddAsync(Cancelling(), stop.Token));

        Assert.Equal(4, await source.CountAsync());
        Assert.Empty(await source.SearchAsync("new", 3));

        static IEnumerable<SearchDocument> Broken()
        {
            yield return new("new", "New", "");
            throw new IOException();
        }

        IEnumerable<SearchDocument> Cancelling()
        {
            yield return new("new", "New", "");
            stop.Cancel();
            yield return new("newer", "Newer", "");
        }
    }

    [Fact]
    public async Task Remove_Document_IsFoundNoMore()
    {
        await using var source = await FilledAsync();

        Assert.True(await source.RemoveAsync("invoice"));
        Assert.False(await source.RemoveAsync("invoice"));

        Assert.Equal(3, await source.CountAsync());
        Assert.Empty(await source.SearchAsync("invoice", 3));
    }

    [Fact]
    public async Task Dispose_Twice_ThenCallsAreRefused()
    {
        var source = await FilledAsync();

        source.Dispose();
        await source.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => source.SearchAsync("password", 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => source.AddAsync(_help));
    }

    [Fact]
    public async Task Scheduler_RunsInline_SearchesCompleteAtOnce()
    {
        await using var source = SqliteSearchSource.InMemory(new() { Scheduler = new InlineScheduler() });

        Assert.True(source.AddAsync(_help).IsCompletedSuccessfully);
        Assert.True(source.SearchAsync("password", 1).IsCompletedSuccessfully);
    }

    private static async Task<SqliteSearchSource> FilledAsync()
    {
        var source = SqliteSearchSource.InMemory();
        await source.AddAsync(_help);
        return source;
    }

    private sealed class InlineScheduler : TaskScheduler
    {
        protected override IEnumerable<Task> GetScheduledTasks() => [];

        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);
    }
}
