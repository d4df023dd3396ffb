using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What is left when no model answers.</summary>
public class DeadModelsTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AllModelsDead_SameQuestionAsBefore_StoredAnswer(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        var ladder = providers.Ladder(static ladder => ladder.AddCachedAnswers().AddLastResort());
        await Heard.FromAsync(ladder, streaming, question: "How many?");
        Kill(providers);

        var heard = await Heard.FromAsync(ladder, streaming, question: "How many?");

        Assert.Equal("One two.", heard.Text);
        Assert.Equal((AnswerSource.Cache, "cache", true), (heard.Report!.Source, heard.Report.ServedBy, heard.Report.IsDegraded));
        Assert.NotNull(heard.Report.AnswerAge);
        Assert.Equal(
            [("primary", FailureKind.ServerError), ("fallback", FailureKind.Network), ("cache", null)],
            heard.Report.Attempts.Select(static attempt => (attempt.Step, attempt.Failure)));
    }

    /// <summary>A stream and a plain call are the same question.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AllModelsDead_SameQuestionAskedTheOtherWay_StoredAnswer(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        var ladder = providers.Ladder(static ladder => ladder.AddCachedAnswers().AddLastResort());
        await Heard.FromAsync(ladder, !streaming, question: "How many?");
        Kill(providers);

        var heard = await Heard.FromAsync(ladder, streaming, question: "How many?");

        Assert.Equal(("One two.", AnswerSource.Cache), (heard.Text, heard.Report!.Source));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AllModelsDead_AnotherQuestion_LastResort(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        var ladder = providers.Ladder(static ladder => ladder
            .AddCachedAnswers()
            .AddLastResort(static resort => resort.AddFaq("How do I reset my password?", "Press 'Forgot password'.")));
        await Heard.FromAsync(ladder, streaming, question: "How many?");
        Kill(providers);

        var heard = await Heard.FromAsync(ladder, streaming, question: "I want to reset my password");

        Assert.Contains("Forgot password", heard.Text, StringComparison.Ordinal);
        Assert.Equal((AnswerSource.LastResort, true), (heard.Report!.Source, heard.Report.IsDegraded));
    }

    /// <summary>Neither what was cut off nor what a filter cut short may come back as an answer.</summary>
    [Theory]
    [InlineData(WireProtocol.Anthropic)]
    [InlineData(WireProtocol.OpenAI)]
    public async Task AllModelsDead_OnlyBadAnswersBefore_NothingStoredComesBack(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        var ladder = providers.Ladder(static ladder => ladder.AddCachedAnswers().AddLastResort());
        providers.Primary.Enqueue(
            Script.Truncated("One two"),
            Script.ContentFilterFinish("One two"),
            Script.CutAfter(1, "One two."),
            Script.EndAfter(2, "One two."));
        for (var i = 0; i < 4; i++)
        {
            await Heard.FromAsync(ladder, streaming: true, question: "How many?");
        }

        Kill(providers);
        var heard = await Heard.FromAsync(ladder, streaming: true, question: "How many?");

        Assert.Equal(AnswerSource.LastResort, heard.Report!.Source);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AllModelsDead_NothingBelow_FailureNamesTheBestModelsCause(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        var ladder = providers.Ladder();
        Kill(providers);

        var heard = await Heard.FromAsync(ladder, streaming);

        var unavailable = Assert.IsType<ChatUnavailableException>(heard.Exception);
        Assert.Equal(FailureKind.ServerError, ChatFailureClassifier.Default.Classify(unavailable.InnerException!).Kind);
        Assert.Equal(FailureKind.Network, unavailable.Kind);
        Assert.Equal(AnswerSource.None, unavailable.Report.Source);
        Assert.Equal(2, unavailable.Report.Attempts.Count);
    }

    /// <summary>An apology is not JSON.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AllModelsDead_JsonAskedFor_LastResortDeclines(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("{}"));
        var ladder = providers.Ladder(static ladder => ladder.AddLastResort());
        Kill(providers);

        var heard = await Heard.FromAsync(ladder, streaming, new ChatOptions { ResponseFormat = ChatResponseFormat.Json });

        Assert.IsType<ChatUnavailableException>(heard.Exception);
    }

    private static void Kill(TwoProviders providers)
    {
        providers.Primary.Behavior = Script.ServerError();
        providers.Fallback.Behavior = Script.ConnectionReset();
    }
}
