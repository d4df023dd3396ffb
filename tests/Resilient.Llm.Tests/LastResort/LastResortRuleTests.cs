using System.Text.RegularExpressions;

namespace Resilient.Llm.Tests;

public class LastResortRuleTests
{
    [Theory]
    [InlineData("pass", "my password", false)]
    [InlineData("pass", "my PASS, please", true)]
    [InlineData("opening hours", "Your opening\n  hours?", true)]
    [InlineData("opening hours", "reopening hours", false)]
    [InlineData("C#", "C# or F#?", true)]
    [InlineData("C#", "vitamin C", false)]
    [InlineData("grüße", "Schöne GRÜSSE", false)]
    [InlineData("grüße", "Schöne GRÜßE!", true)]
    [InlineData("über", "drüber", false)]
    [InlineData("密码", "如何重置密码？", true)]
    [InlineData("пароль", "Забыл ПАРОЛЬ.", true)]
    [InlineData("a", "banana b\ud800a", false)]
    [InlineData("a", "banana \ud83d\ude00a", true)]
    public async Task Keyword_Question_MatchesWholeWords(string keyword, string question, bool isAnswered)
    {
        using var client = new LastResortChatClient(b => b.AddRule(["zzz", keyword], "yes"));

        Assert.Equal(isAnswered, (await client.AskAsync(question, streaming: false)).Text == "yes");
    }

    [Fact]
    public async Task Pattern_Captures_MakeTheAnswer()
    {
        using var client = new LastResortChatClient(b => b
            .AddRule(new Regex(@"order (\d+)"), m => $"Order {m.Groups[1].Value} is on its way.")
            .AddRule(new Regex("refund", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking), "Within 30 days."));

        Assert.Equal("Order 17 is on its way.", (await client.AskAsync("Where is order 17?", streaming: false)).Text);
        Assert.Equal("Within 30 days.", (await client.AskAsync("REFUND", streaming: false)).Text);
    }

    [Fact]
    public async Task Pattern_CatastrophicBacktracking_IsCutOff()
    {
        var errors = new List<Exception>();
        using var client = new LastResortChatClient(b => b
            .AddRule(new Regex("^(a+)+$"), "never")
            .AddRule(new Regex("^(a+)+$", RegexOptions.None, TimeSpan.FromHours(1)), "never")
            .OnError((_, e) => errors.Add(e)));

        var response = await client.AskAsync(new string('a', 40) + "!", streaming: false);

        Assert.Equal(new LastResortText().Apology, response.Text);
        Assert.All(errors, e => Assert.IsType<RegexMatchTimeoutException>(e));
        Assert.Equal(2, errors.Count);
    }

    [BothWays]
    public async Task Rules_SeveralFit_TheFirstAnswers(bool streaming)
    {
        using var client = new LastResortChatClient(b => b
            .AddRule(c => c.Question == "hello" && c.Messages.Count == 1 ? null : "no")
            .AddRule(async (_, token) =>
            {
                await Task.Yield();
                token.ThrowIfCancellationRequested();
                return "first";
            })
            .AddRule("hello", "second"));

        Assert.Equal("first", (await client.AskAsync(" hello ", streaming)).Text);
    }

    [Fact]
    public void Builder_BadArguments_AreRefusedByName()
    {
        static Exception Refused<T>(Action<LastResortBuilder> configure)
            where T : Exception => Assert.ThrowsAny<T>(() => new LastResortChatClient(configure));

        Refused<ArgumentException>(b => b.AddRule(" ", "x"));
        Refused<ArgumentException>(b => b.AddRule("\u202e", "x"));
        Refused<ArgumentException>(b => b.AddRule([], "x"));
        Refused<ArgumentException>(b => b.AddRule("x", " "));
        Refused<ArgumentException>(b => b.AddFaq("x", ""));
        Refused<InvalidOperationException>(b => b.AddSearch(_ => null!));
        Assert.Contains("MaxResults", Refused<ArgumentOutOfRangeException>(b => b.MaxResults = 0).Message, StringComparison.Ordinal);
        Assert.Contains("SearchTimeout", Refused<ArgumentOutOfRangeException>(b => b.SearchTimeout = Timeout.InfiniteTimeSpan).Message, StringComparison.Ordinal);
        Assert.Contains("RuleTimeout", Refused<ArgumentOutOfRangeException>(b => b.RuleTimeout = TimeSpan.Zero).Message, StringComparison.Ordinal);
        Assert.Contains("Apology", Refused<ArgumentException>(b => b.WithText(t => t.Apology = "")).Message, StringComparison.Ordinal);
    }
}
