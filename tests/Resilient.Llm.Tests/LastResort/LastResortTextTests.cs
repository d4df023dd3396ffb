using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Resilient.Llm.LastResort;

namespace Resilient.Llm.Tests;

public class LastResortTextTests
{
    private static readonly SearchResult _hit = new("Hit", "");

    [Theory]
    [InlineData("Reset\r\n\tPassword", "Reset Password")]
    [InlineData("'Reset Password'", "Reset Password")]
    [InlineData("How's that?", "How's that?")]
    [InlineData("# Head\n```\ncode\n```", "# Head code")]
    [InlineData("![x](https://evil.example/p.png) <script>", "! x (https://evil.example/p.png) script")]
    [InlineData("a\u0000b\u202ec\ud800d", "a bcd")]
    [InlineData("{query}", "{query}")]
    [InlineData("[]", "…")]
    public async Task Sentence_HostileQuestion_StaysOneSentence(string question, string phrase)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch(_hit)));

        var response = await client.AskAsync(question, streaming: false);

        Assert.Equal($"I couldn't process your request intelligently right now, but here are the top search results for '{phrase}':\n\n1. Hit", response.Text);
    }

    [Theory]
    [InlineData("word ", 200, 79)]
    [InlineData("x", 200, 80)]
    [InlineData("👩‍👩‍👧‍👦", 100, 77)]
    public async Task Sentence_LongQuestion_IsCutBetweenWordsOrCharacters(string part, int times, int length)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch()).WithText(t => t.NothingFound = "{query}"));

        var text = (await client.AskAsync(string.Concat(Enumerable.Repeat(part, times)), streaming: false)).Text;

        Assert.Equal(length + 1, text.Length);
        Assert.EndsWith(part.Trim() + "…", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Sentence_AnyQuestion_IsOneBoundedLineOfValidText()
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch(_hit)).AddFaq("a", "b").AddRule("zzz", "z"));

        Prop.ForAll<string?>(question =>
        {
            var text = client.AskAsync(question ?? "", streaming: false).GetAwaiter().GetResult().Text;
            return text == "b" || text == "z" || text == new LastResortText().Apology
                || (text.Length < 250 && text.Count(c => c == '\n') <= 6 && text.All(c => c == '\n' || !char.IsControl(c)) && text == System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Sentence_Megabyte_IsAnsweredAndSearchedInPart()
    {
        var search = new FakeSearch(_hit);
        using var client = new LastResortChatClient(b => b.AddSearch(search).AddFaq("a b", "c").AddRule("needle", "n"));

        await client.AskAsync(string.Concat(Enumerable.Repeat("hay ", 250_000)), streaming: false);

        Assert.Equal(2000, search.LastQuery!.Length);
    }

    [Theory]
    [InlineData("JavaScript:alert(1)")]
    [InlineData("java\u200bscript:alert(1)")]
    [InlineData("\u0001javascript:alert(1)")]
    [InlineData(" data:text/html,x")]
    public async Task Results_AddressThatRunsCode_IsNotShown(string address)
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch(new SearchResult("title", "snippet", new(address, UriKind.RelativeOrAbsolute)))));

        Assert.EndsWith("\n1. title\n   snippet", (await client.AskAsync("question", streaming: false)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_OfMegabytes_IsReadInPart()
    {
        var question = string.Concat(Enumerable.Repeat("\u200b", 2_000_000)) + " keyword";

        Assert.Equal(string.Empty, OneLine.Of(question, 80));
        Assert.InRange(new LastResortContext([new(ChatRole.User, new string('x', 10_000_000))], null).Line.Length, 60_000, 70_000);
    }

    [Fact]
    public async Task Results_HostileDocuments_StayListItems()
    {
        using var client = new LastResortChatClient(b => b.AddSearch(new FakeSearch(
            new SearchResult("A\n# B", "c\r\nd", new Uri("javascript:alert(1)")), new SearchResult(new string('t', 500), new string('s', 5000)))));

        var text = (await client.AskAsync("x", streaming: false)).Text;

        Assert.Contains("1. A # B\n   c d\n2. ", text, StringComparison.Ordinal);
        Assert.True(text.Length < 700);
    }

    [BothWays]
    public async Task Text_Localised_IsUsed(bool streaming)
    {
        using var client = new LastResortChatClient(b => b
            .WithText(t =>
            {
                t.ResultsFound = "Hier die besten Treffer zu „{query}“:";
                t.FormatResult = (result, number) => $"- {result.Title} ({number})";
            })
            .AddSearch(new FakeSearch(_hit)));

        Assert.Equal("Hier die besten Treffer zu „Passwort“:\n\n- Hit (1)", (await client.AskAsync("Passwort", streaming)).Text);
    }

    [BothWays]
    public async Task Text_ChosenPerRequest_IsUsed(bool streaming)
    {
        var german = new LastResortText { Apology = "Leider nicht." };
        var english = new LastResortText();
        using var client = new LastResortChatClient(b => b.ChooseText(c => c.Options?.AdditionalProperties?["language"] is "de" ? german : english));

        Assert.Equal("Leider nicht.", (await client.AskAsync("x", streaming, new() { AdditionalProperties = new() { ["language"] = "de" } })).Text);
        Assert.Equal(english.Apology, (await client.AskAsync("x", streaming)).Text);
    }
}
