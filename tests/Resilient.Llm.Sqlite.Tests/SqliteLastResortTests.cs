using Microsoft.Extensions.AI;

namespace Resilient.Llm.Sqlite.Tests;

public class SqliteLastResortTests
{
    private static readonly SearchDocument[] _documents =
    [
        new SearchDocument("reset", "Reset your password", "Open Settings, choose Security, then Reset password.", new Uri("https://example.com/help/reset")),
        new SearchDocument("invoice", "Find an invoice", "Invoices are listed under Billing."),
    ];

    private const string Answer =
        "I couldn't process your request intelligently right now, but here are the top search results for 'Reset Password':\n\n"
        + "1. Reset your password\n   Open Settings, choose Security, then Reset password.\n   https://example.com/help/reset";

    /// <summary>The example of the package's README.</summary>
    [Fact]
    public async Task AddSqliteSearch_File_IsSearched()
    {
        using var file = new TemporaryFile();
        await using var documents = SqliteSearchSource.OpenFile(file.Name);
        await documents.AddAsync(_documents);

        using var lastResort = new LastResortChatClient(b => b.AddSqliteSearch(file.Name));

        Assert.Equal(Answer, (await lastResort.GetResponseAsync("Reset Password")).ToString());
    }

    [Fact]
    public async Task AddSqliteSearch_Documents_AreSearched()
    {
        using var lastResort = new LastResortChatClient(b => b.AddSqliteSearch(_documents));

        Assert.Equal(Answer, (await lastResort.GetResponseAsync("Reset Password")).Text);
    }

    [Fact]
    public async Task AddSearch_SourceIsDisposed_ApologisesOnly()
    {
        var source = SqliteSearchSource.InMemory();
        using var lastResort = new LastResortChatClient(b => b.AddSearch(source));
        source.Dispose();

        Assert.Equal(new LastResortText().Apology, (await lastResort.GetResponseAsync("Reset Password")).Text);
    }

    [Fact]
    public void AddSqliteSearch_BadDocuments_FailWhenBuilt() =>
        Assert.Throws<ArgumentException>(() => new LastResortChatClient(b => b.AddSqliteSearch([new SearchDocument("", "x", "y")])));
}
