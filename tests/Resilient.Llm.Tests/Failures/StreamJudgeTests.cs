using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Tests;

/// <summary>Streams as the SDKs end them; see <see cref="AnswerJudgeTests"/> for what counts as content.</summary>
public sealed class StreamJudgeTests
{
    [Fact]
    public void End_NoUpdatesAtAll_IsAFailure()
    {
        Assert.Equal(FailureKind.InvalidResponse, new StreamJudge(requireFinishReason: true).End()?.Kind);
        Assert.Equal(FailureKind.InvalidResponse, new StreamJudge(requireFinishReason: false).End()?.Kind);
    }

    [Fact]
    public void End_TextAndUsageButNoFinishReason_IsAFailureUnlessTheEndpointOptsOut()
    {
        Assert.Equal(FailureKind.InvalidResponse, Judge(true, Text("a"), Usage()).End()?.Kind);
        Assert.Null(Judge(false, Text("a"), Usage()).End());
    }

    [Fact]
    public void End_FinishReasonRepeatedAndUsageAfterIt_IsAnAnswer() =>
        Assert.Null(Judge(true, new(), Text(""), Text("a"), Finish(ChatFinishReason.Stop), Finish(ChatFinishReason.Stop), Usage()).End());

    [Fact]
    public void End_FilteredAfterContent_IsContentFiltered() =>
        Assert.Equal(FailureKind.ContentFiltered, Judge(true, Text("a"), Finish(ChatFinishReason.ContentFilter), Usage()).End()?.Kind);

    [Fact]
    public void End_ContinuationTokenWithoutFinishReason_IsAFailure()
    {
        var update = Text("a");
        update.ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 });

        Assert.Equal(FailureKind.InvalidResponse, Judge(true, update).End()?.Kind);
    }

    /// <summary>Adapters report the call before the reason (Anthropic) or behind it (OpenAI).</summary>
    [Theory]
    [InlineData(true, "length", null)]
    [InlineData(false, "length", null)]
    [InlineData(true, "tool_calls", FailureKind.InvalidResponse)]
    [InlineData(false, "tool_calls", FailureKind.InvalidResponse)]
    [InlineData(true, "stop", FailureKind.InvalidResponse)]
    [InlineData(false, "pause_turn", FailureKind.InvalidResponse)]
    [InlineData(true, null, FailureKind.InvalidResponse)]
    public void Observe_BrokenToolCall_IsAnAnswerOnlyWhereTheTokenLimitCutIt(bool callFirst, string? reason, FailureKind? kind)
    {
        var judge = new StreamJudge(requireFinishReason: true);
        var calls = 0;
        ChatResponseUpdate[] updates = [Broken(), reason is null ? Usage() : Finish(new(reason))];
        foreach (var update in callFirst ? updates : updates.Reverse())
        {
            var passed = update;
            if (judge.Observe(ref passed) == UpdateKind.Error)
            {
                break;
            }

            calls += passed.Contents.Count(static content => content is FunctionCallContent);
        }

        Assert.Equal(kind, judge.End()?.Kind);
        Assert.Equal(kind is null ? 1 : 0, calls);
        Assert.Equal(kind is null, judge.Seen.HasFlag(UpdateKind.ToolCall));
    }

    [Fact]
    public void End_BrokenToolCallOfAnEndpointWithoutFinishReasons_IsAFailure()
    {
        var judge = Judge(false, Text("a"), Broken());

        Assert.Equal(FailureKind.InvalidResponse, judge.End()?.Kind);
    }

    [Fact]
    public void Observe_ErrorNextToText_IsAnErrorOnly()
    {
        var judge = new StreamJudge(requireFinishReason: true);

        ChatResponseUpdate update = new(ChatRole.Assistant, [new TextContent("a"), new ErrorContent("x") { ErrorCode = "overloaded_error" }]);
        Assert.Equal(UpdateKind.Error, judge.Observe(ref update));
        Assert.Equal(FailureKind.ServerError, judge.End()?.Kind);
    }

    [Fact]
    public void Observe_ManyUpdates_AllocatesNothing()
    {
        var updates = new[] { Text("a"), Text(""), Usage(), Finish(ChatFinishReason.Stop), new(ChatRole.Assistant, [new TextReasoningContent("hm")]) };
        var judge = Judge(true, updates);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            judge.Observe(ref updates[i % updates.Length]);
        }

        var ending = judge.End();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Null(ending);
    }

    private static StreamJudge Judge(bool requireFinishReason, params ChatResponseUpdate[] updates)
    {
        var judge = new StreamJudge(requireFinishReason);
        foreach (var update in updates)
        {
            var passed = update;
            judge.Observe(ref passed);
        }

        return judge;
    }

    private static ChatResponseUpdate Text(string text) => new(ChatRole.Assistant, text);

    private static ChatResponseUpdate Broken() =>
        new(ChatRole.Assistant, [new FunctionCallContent("1", "f") { Exception = new FormatException() }]);

    private static ChatResponseUpdate Usage() => new(ChatRole.Assistant, [new UsageContent(new() { OutputTokenCount = 1 })]);

    private static ChatResponseUpdate Finish(ChatFinishReason reason) => new() { FinishReason = reason };
}
