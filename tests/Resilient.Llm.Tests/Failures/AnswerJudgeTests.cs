using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Tests;

/// <summary>Every answer is judged twice: as a plain answer, and as a stream of its contents.</summary>
public sealed class AnswerJudgeTests
{
    private static readonly ChatFinishReason s_stop = ChatFinishReason.Stop;

    public static TheoryData<string, AIContent[], FailureKind?> Answers => new()
    {
        { "nothing", [], FailureKind.InvalidResponse },
        { "empty text", [new TextContent("")], FailureKind.InvalidResponse },
        { "no text", [new TextContent(null)], FailureKind.InvalidResponse },
        { "usage", [new UsageContent(new())], FailureKind.InvalidResponse },
        { "reasoning", [new TextReasoningContent("hm")], FailureKind.InvalidResponse },
        { "raw event", [new AIContent()], FailureKind.InvalidResponse },
        { "text", [new TextContent("hi")], null },
        { "blank", [new TextContent(" ")], FailureKind.InvalidResponse },
        { "tool call", [new FunctionCallContent("1", "f")], null },
        { "broken tool call", [new FunctionCallContent("1", "f") { Exception = new FormatException() }], FailureKind.InvalidResponse },
        { "broken call beside text", [new TextContent("hi"), new FunctionCallContent("1", "f") { Exception = new FormatException() }], FailureKind.InvalidResponse },
        { "a search by the provider", [new WebSearchToolCallContent("1"), new WebSearchToolResultContent("1")], null },
        { "tool result", [new FunctionResultContent("1", "r")], null },
        { "data", [new DataContent(new byte[] { 1 }, "image/png")], null },
        { "uri", [new UriContent("http://localhost/a.png", "image/png")], null },
        { "reasoning and text", [new TextReasoningContent("hm"), new TextContent("hi"), new UsageContent(new())], null },
        { "error", [new ErrorContent("boom")], FailureKind.InvalidResponse },
        { "error after text", [new TextContent("hi"), new ErrorContent("boom")], FailureKind.InvalidResponse },
        { "refusal", [new ErrorContent("I can't") { ErrorCode = "Refusal" }], FailureKind.ContentFiltered },
        { "rate limit", [new ErrorContent("x") { ErrorCode = "rate_limit_error" }], FailureKind.RateLimited },
        { "overload", [new ErrorContent("x") { ErrorCode = "server_error" }], FailureKind.ServerError },
        { "long prompt", [new ErrorContent("prompt is too long: 9 tokens")], FailureKind.ContextTooLong },
    };

    [Fact]
    public void Judge_NoResponseAtAll_IsAnEmptyAnswer() => Assert.Equal(FailureKind.InvalidResponse, AnswerJudge.Judge(null, null)!.Kind);

    [Theory]
    [MemberData(nameof(Answers))]
    public void Judge_Contents_AreAnAnswerOrNot(string name, AIContent[] contents, FailureKind? kind)
    {
        Assert.NotEmpty(name);
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, [.. contents])) { FinishReason = s_stop };

        Assert.Equal(kind, ChatFailureClassifier.Default.Judge(response)?.Kind);
        Assert.Equal(kind, Stream(contents, s_stop)?.Kind);
    }

    [Theory]
    [InlineData("stop", null, null)]
    [InlineData("length", null, null)]
    [InlineData("tool_calls", null, null)]
    [InlineData("content_filter", FailureKind.ContentFiltered, FailureKind.ContentFiltered)]
    [InlineData("refusal", FailureKind.ContentFiltered, FailureKind.ContentFiltered)]
    [InlineData(null, null, FailureKind.InvalidResponse)]
    public void Judge_FinishReason_DecidesForAnswersWithContent(string? reason, FailureKind? plain, FailureKind? stream)
    {
        ChatFinishReason? finish = reason is null ? null : new(reason);
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "partial")) { FinishReason = finish };

        Assert.Equal(plain, ChatFailureClassifier.Default.Judge(response)?.Kind);
        Assert.Equal(stream, Stream([new TextContent("partial")], finish)?.Kind);
    }

    [Fact]
    public void Judge_NoMessagesAtAll_IsEmpty() =>
        Assert.Equal(FailureKind.InvalidResponse, ChatFailureClassifier.Default.Judge(new ChatResponse { FinishReason = s_stop })?.Kind);

    public static TheoryData<string, AIContent[]> NothingDelivered => new()
    {
        { "nothing", [] },
        { "empty text", [new TextContent("")] },
        { "usage", [new UsageContent(new())] },
        { "reasoning", [new TextReasoningContent("hm")] },
        { "a search by the provider", [new WebSearchToolCallContent("1")] },
    };

    [Theory]
    [MemberData(nameof(NothingDelivered))]
    public void Judge_TokenLimitBeforeContent_IsAKindOfItsOwn(string name, AIContent[] contents)
    {
        Assert.NotEmpty(name);
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, [.. contents])) { FinishReason = ChatFinishReason.Length };

        Assert.Equal(FailureKind.TokenLimitReached, ChatFailureClassifier.Default.Judge(response)?.Kind);
        Assert.Equal(FailureKind.TokenLimitReached, Stream(contents, ChatFinishReason.Length)?.Kind);
    }

    [Fact]
    public void Judge_BackgroundAnswer_IsASuccessWithoutContent() =>
        Assert.Null(ChatFailureClassifier.Default.Judge(new ChatResponse { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) }));

    [Fact]
    public void Judge_ErrorInsideTheAnswer_RepeatsOnlyKnownCodes()
    {
        static ChatAnswerRejectedException Judge(string code) =>
            ChatFailureClassifier.Default.Judge(new(new ChatMessage(ChatRole.Assistant, [new ErrorContent("secret text") { ErrorCode = code }])))!;

        Assert.Contains("server_error", Judge("server_error").Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Judge("server_error").Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Judge("secret code").Message, StringComparison.Ordinal);
        Assert.DoesNotContain("тайна", Judge("server_error тайна").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_ValidatorRefuses_KeepsTheReasonOutOfTheMessage()
    {
        var classifier = new ChatFailureClassifier(new() { ValidateAnswer = static r => r.Text == "no" ? "it says no" : null });
        var refused = new ChatResponse(new ChatMessage(ChatRole.Assistant, "no"));

        var exception = classifier.Judge(refused);

        Assert.Equal(FailureKind.InvalidResponse, exception?.Kind);
        Assert.Equal("it says no", exception!.Reason);
        Assert.Same(refused, exception.Response);
        Assert.DoesNotContain("it says no", exception.Message, StringComparison.Ordinal);
        Assert.Null(classifier.Judge(new(new ChatMessage(ChatRole.Assistant, "yes"))));
    }

    [Fact]
    public void Judge_ValidatorThrows_RefusesTheAnswer()
    {
        var classifier = new ChatFailureClassifier(new() { ValidateAnswer = static _ => throw new NotSupportedException() });

        var exception = classifier.Judge(new(new ChatMessage(ChatRole.Assistant, "yes")));

        Assert.Equal(FailureKind.InvalidResponse, exception?.Kind);
        Assert.IsType<NotSupportedException>(exception!.InnerException);
    }

    private static ChatAnswerRejectedException? Stream(AIContent[] contents, ChatFinishReason? finish)
    {
        var judge = ChatFailureClassifier.Default.JudgeStream();
        ChatResponseUpdate[] updates =
        [
            new() { Role = ChatRole.Assistant },
            .. contents.Select(static content => new ChatResponseUpdate(ChatRole.Assistant, [content])),
            new() { FinishReason = finish },
        ];
        foreach (var update in updates)
        {
            var passed = update;
            if (judge.Observe(ref passed) == UpdateKind.Error)
            {
                break;
            }
        }

        return judge.End();
    }
}
