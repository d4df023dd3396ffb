using Microsoft.Extensions.AI;
using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

public sealed class PartialAnswerTests
{
    private static readonly DateTimeOffset s_first = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, AIContent[], string?> Deliveries => new()
    {
        { "nothing", [], null },
        { "text", [new TextContent("The answer"), new TextContent(" is")], null },
        { "white space", [new TextContent(" \n")], null },
        { "reasoning alone", [new TextReasoningContent("hm")], null },
        { "reasoning, then text", [new TextReasoningContent("hm"), new TextContent("The answer")], null },
        { "text, then reasoning", [new TextContent("The answer"), new TextReasoningContent("hm")], "reasoning in progress" },
        { "text, then reasoning, then text", [new TextContent("The"), new TextReasoningContent("hm"), new TextContent(" answer")], null },
        { "text, then reasoning and what nobody sees", [new TextContent("The"), new TextReasoningContent("hm"), new TextContent(""), new UsageContent(new())], "reasoning in progress" },
        { "white space, then reasoning", [new TextContent("\n"), new TextReasoningContent("hm")], null },
        { "text, then an empty reasoning block", [new TextContent("The"), new TextReasoningContent("") { ProtectedData = "sig" }], null },
        { "text, then usage and raw content", [new TextContent("The"), new UsageContent(new()), new AIContent { RawRepresentation = new object() }], null },
        { "tool call", [new FunctionCallContent("1", "f")], "a tool call was delivered" },
        { "text between tool calls", [new TextContent("I look it up"), new FunctionCallContent("1", "f"), new TextContent("so")], "a tool call was delivered" },
        { "broken tool call", [new FunctionCallContent("1", "f") { Exception = new FormatException() }], "a tool call was delivered" },
        { "request for approval", [new ToolApprovalRequestContent("1", new FunctionCallContent("1", "f"))], "a tool call was delivered" },
        { "data", [new TextContent("See"), new DataContent(new byte[] { 1 }, "image/png")], "data was delivered" },
        { "link", [new TextContent("See"), new UriContent("http://localhost/", "image/png")], "data was delivered" },
        { "tool result", [new FunctionResultContent("1", 2)], "data was delivered" },
        { "error", [new TextContent("The"), new ErrorContent("x")], "an error was delivered" },
        { "data and a tool call: the first counts", [new DataContent(new byte[] { 1 }, "image/png"), new FunctionCallContent("1", "f")], "data was delivered" },
        { "code", [new TextContent("So:\n```py\nprint"), new TextContent("(1)\n")], "an open code block" },
        { "json", [new TextContent(" {\"a\""), new TextContent(": 1")], "text that looks like JSON or markup" },
    };

    [Theory]
    [MemberData(nameof(Deliveries))]
    public void WhyNotContinuable_Delivered_NamesTheObstacle(string name, AIContent[] delivered, string? reason)
    {
        var oneByOne = delivered.Select(content => new ChatResponseUpdate(ChatRole.Assistant, [content])).Prepend(new(ChatRole.Assistant, (string?)null)).Append(new());

        Assert.NotEmpty(name);
        Assert.Equal(reason, PartialAnswer.Of([new(ChatRole.Assistant, [.. delivered])]).WhyNotContinuable(null));
        Assert.Equal(reason, PartialAnswer.Of(oneByOne).WhyNotContinuable(new()));
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("length")]
    [InlineData("tool_calls")]
    [InlineData("content_filter")]
    public void WhyNotContinuable_FinishReasonBehindContent_HadEnded(string finishReason)
    {
        var finish = new ChatFinishReason(finishReason);

        Assert.Equal("the answer had already ended", PartialAnswer.Of([Text("The answer."), new() { FinishReason = finish }]).WhyNotContinuable(null));
        Assert.Equal("the answer had already ended", PartialAnswer.Of([new(ChatRole.Assistant, "The answer.") { FinishReason = finish }]).WhyNotContinuable(null));
    }

    [Fact]
    public void WhyNotContinuable_FinishReasonOfReasoningThatWasTakenOver_DoesNotCount()
    {
        var partial = PartialAnswer.Of([new(ChatRole.Assistant, [new TextReasoningContent("hm")]), new() { FinishReason = ChatFinishReason.Stop }, Text("The answer")]);

        Assert.Null(partial.WhyNotContinuable(null));
    }

    [Fact]
    public void WhyNotContinuable_ResponseFormat_OnlyText()
    {
        var partial = PartialAnswer.Of([Text("The answer")]);

        Assert.Null(partial.WhyNotContinuable(new() { ResponseFormat = ChatResponseFormat.Text }));
        Assert.Equal("a response format other than text", partial.WhyNotContinuable(new() { ResponseFormat = ChatResponseFormat.Json }));
    }

    [Fact]
    public void WhyNotContinuable_NothingButWhiteSpaceOfJson_MayBeAskedAgain()
    {
        Assert.Null(PartialAnswer.Of([Text("\n")]).WhyNotContinuable(new() { ResponseFormat = ChatResponseFormat.Json }));
    }

    [Theory]
    [InlineData("The answer")]
    [InlineData(" ")]
    public void WhyNotContinuable_ConversationHeldByTheProvider_No(string text)
    {
        var reason = PartialAnswer.Of([Text(text)]).WhyNotContinuable(new() { ConversationId = "c" });

        Assert.Equal("a conversation that the provider holds", reason);
    }

    [Fact]
    public void WhyNotContinuable_AnyReason_HasNothingOfTheAnswer()
    {
        foreach (var text in (string[])["{secret", "secret\n```\nsecret", "secret\ud83d"])
        {
            Assert.DoesNotContain("secret", PartialAnswer.Of([Text(text)]).WhyNotContinuable(null), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_AllKindsOfUpdates_TakesTheTextAndTheIdsOfContentOnly()
    {
        var partial = PartialAnswer.Of(
        [
            Bearing(new TextReasoningContent("hm"), "taken over"),
            Bearing(new TextContent(""), "preamble"),
            new(ChatRole.Assistant, "The ") { MessageId = "m1", AuthorName = "a1" },
            new(null, "answer") { MessageId = "m2", ResponseId = "r1", CreatedAt = s_first },
            Bearing(new TextReasoningContent("hm"), "reasoning"),
            new(ChatRole.Tool, " is") { ResponseId = "r2", AuthorName = "a2", CreatedAt = s_first.AddDays(1) },
            Bearing(new UsageContent(new()), "usage"),
            new() { AdditionalProperties = new() { ["resilient-llm.report"] = 1 } },
        ]);

        Assert.Equal("The answer is", partial.Text);
        Assert.Equal(("m2", "r1", "a1"), (partial.MessageId, partial.ResponseId, partial.AuthorName));
        Assert.Equal((ChatRole.Assistant, s_first), (partial.Role, partial.CreatedAt));
    }

    [Fact]
    public void Of_ContentWithoutIds_SaysNone()
    {
        var partial = PartialAnswer.Of([Bearing(new TextContent(""), "preamble"), new(null, "The answer")]);

        Assert.Equal((null, null, null), (partial.MessageId, partial.ResponseId, partial.AuthorName));
        Assert.Null(partial.Role);
        Assert.Null(partial.CreatedAt);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("abcd", 1)]
    [InlineData("abcde", 2)]
    public void EstimatedTokens_Text_FourCharactersEachRoundedUp(string text, int tokens) =>
        Assert.Equal(tokens, PartialAnswer.Of([Text(text), new(ChatRole.Assistant, [new TextReasoningContent("not counted")])]).EstimatedTokens);

    private static ChatResponseUpdate Text(string text) => new(ChatRole.Assistant, text);

    private static ChatResponseUpdate Bearing(AIContent content, string of) =>
        new(ChatRole.System, [content]) { MessageId = of, ResponseId = of, AuthorName = of, CreatedAt = DateTimeOffset.UnixEpoch };
}
