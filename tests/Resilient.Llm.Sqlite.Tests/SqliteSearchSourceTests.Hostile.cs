using FsCheck;
using FsCheck.Fluent;

namespace Resilient.Llm.Sqlite.Tests;

public sealed class SqliteSearchSourceHostileTests : IDisposable
{
    private readonly SqliteSearchSource _source = SqliteSearchSource.InMemory();

    public SqliteSearchSourceHostileTests() =>
        _source.AddAsync([new("1", "Reset your password", "Settings"), new("2", "\"quoted\" * : ^", "near and not or \0 \ud800 \ud83d\ude00")]).GetAwaiter().GetResult();

    public void Dispose() => _source.Dispose();

    [Theory]
    [InlineData("\"")]
    [InlineData("\"\"\" OR \"")]
    [InlineData("password\" OR title:\"x")]
    [InlineData("NEAR(password reset, 5)")]
    [InlineData("NEAR")]
    [InlineData("AND OR NOT *")]
    [InlineData("title : password")]
    [InlineData("-title:password")]
    [InlineData("pass* ^res + {a b}")]
    [InlineData("'; DROP TABLE search_document; --")]
    [InlineData("\0password\0")]
    [InlineData("\ud800 password \udfff")]
    [InlineData("😀 👩‍👩‍👧‍👦 密码 ภาษาไทย \u0301 ² Ⅷ ½")]
    [InlineData("((((((((((")]
    public async Task Search_QuerySyntax_IsOnlyText(string query)
    {
        var results = await _source.SearchAsync(query, 3);

        Assert.Equal(query.Contains("password", StringComparison.Ordinal), results.Any(r => r.Title == "Reset your password"));
        Assert.Equal(2, await _source.CountAsync());
    }

    [Fact]
    public void Search_AnyText_NeverFails()
    {
        // Query syntax and arbitrary text, mixed.
        var piece = Gen.Elements("\"", "'", "NEAR(", ")", "*", ":", "^", "-", "+", "{", "}", " AND ", " OR ", " NOT ", "\0", "\ud800", "é", "title", "password", "\u0301", "𝔘", " ");
        var text = Gen.OneOf(ArbMap.Default.GeneratorFor<string>().Where(s => s is not null), Gen.ListOf(piece).Select(string.Concat));

        Prop.ForAll(Arb.From(text), query => _source.SearchAsync(query, 3).GetAwaiter().GetResult().Count <= 2).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public async Task Search_Megabyte_LooksForItsFirstWords()
    {
        var query = "password " + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"word{i} "));

        Assert.Single(await _source.SearchAsync(query, 3));
        Assert.Empty(await _source.SearchAsync(new string('x', 1_000_000), 3));
        Assert.Empty(await _source.SearchAsync(string.Concat(Enumerable.Repeat("how do I ", 100_000)), 3));
    }

    [Fact]
    public async Task Add_HostileDocuments_AreStoredAndFound()
    {
        await _source.AddAsync(
        [
            new("nul\0id", "a\0b needle", "c\0d"),
            new("surrogate", "needle \ud800", "\udfff"),
            new("big", "needle", string.Concat(Enumerable.Repeat("hay ", 250_000))),
            new("null", "needle", null!),
            new("uri", "needle", "x", new Uri("../relative?q='\"", UriKind.Relative)),
        ]);

        Assert.Equal(5, (await _source.SearchAsync("needle", 9)).Count);
        Assert.True(await _source.RemoveAsync("nul\0id"));
    }
}
