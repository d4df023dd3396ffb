using Resilient.Llm.LastResort;

namespace Resilient.Llm.Tests;

public class FaqIndexTests
{
    private static readonly (string Question, string Answer)[] _pairs =
    [
        ("How do I reset my password?", "Open Settings, then Security."),
        ("How do I delete my account?", "Write to us; you will need your password."),
        ("Can I cancel my order?", "Yes, before it ships."),
        ("Where is my invoice?", "Under Billing."),
    ];

    [Theory]
    [InlineData("How do I reset my password?", true)]
    [InlineData("how do i RESET my password", true)]
    [InlineData("Hey: how do I not reset my password?", false)]
    [InlineData("Can I not cancel my order?", false)]
    [InlineData("password", false)]
    [InlineData("", false)]
    public void FindAnswer_OnlySameQuestion_IsAnswered(string question, bool isAnswered) =>
        Assert.Equal(isAnswered, new FaqIndex(_pairs).FindAnswer(question) is not null);

    [Fact]
    public void FindAnswer_MegabyteOfWords_IsNoKnownQuestion() =>
        Assert.Null(new FaqIndex(_pairs).FindAnswer(string.Join(' ', Enumerable.Range(0, 100_000).Select(i => $"word{i}"))));

    [Fact]
    public void Search_WordInQuestionAndAnswer_RanksTheQuestionHigher()
    {
        var results = new FaqIndex(_pairs).Search("I forgot the password", 3);

        Assert.Equal(["How do I reset my password?", "How do I delete my account?"], results.Select(r => r.Title));
        Assert.Equal("Open Settings, then Security.", results[0].Snippet);
        Assert.True(results[0].Score > results[1].Score);
    }

    [Fact]
    public void Search_OnlyStopWordsInCommon_FindsNothing() =>
        Assert.Empty(new FaqIndex(_pairs).Search("How do I fly a plane?", 3));

    [Fact]
    public void Search_MoreFit_IsBounded() =>
        Assert.Single(new FaqIndex(_pairs).Search("password", 1));

    [BothWays]
    public async Task Client_QuestionIsStored_AnswersItDirectly(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddFaq(_pairs));

        Assert.Equal("Under Billing.", (await client.AskAsync("where is my invoice", streaming)).Text);
    }

    [BothWays]
    public async Task Client_QuestionIsRelated_ListsStoredOnes(bool streaming)
    {
        using var client = new LastResortChatClient(b => b.AddFaq(_pairs));

        var response = await client.AskAsync("Reset Password", streaming);

        Assert.StartsWith(
            Ask.SeedSentence + ":\n\n1. How do I reset my password?\n   Open Settings, then Security.\n2. How do I delete", response.Text, StringComparison.Ordinal);
    }
}
