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

    [Fact]
    public void Observe_BrokenToolCallBeforeAnyFinishReason_IsAnError()
    {
        var judge = new StreamJudge(requireFinishReason: true);
        var broken = new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("1", "f") { Exception = new FormatException() }]);

        Assert.Equal(UpdateKind.Error, judge.Observe(broken));
        Assert.Equal(FailureKind.InvalidResponse, judge.End()?.Kind);
        Assert.False(judge.Seen.HasFlag(UpdateKind.Content));
    }

    [Fact]
    public void Observe_BrokenToolCallAfterTheFinishReason_IsTheModelsMistakeAndAnAnswer()
    {
        var judge = Judge(true, Finish(ChatFinishReason.ToolCalls), Usage());
        var broken = new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("1", "f") { Exception = new FormatException() }]);

        Assert.True(judge.Observe(broken).HasFlag(UpdateKind.ToolCall));
        Assert.Null(judge.End());
    }

    [Fact]
    public void Observe_ErrorNextToText_IsAnErrorOnly()
    {
        var judge = new StreamJudge(requireFinishReason: true);

        Assert.Equal(UpdateKind.Error, judge.Observe(new(ChatRole.Assistant, [new TextContent("a"), new ErrorContent("x") { ErrorCode = "overloaded_error" }])));
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
            judge.Observe(updates[i % updates.Length]);
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
            judge.Observe(update);
        }

        return judge;
    }

    private static ChatResponseUpdate Text(string text) => new(ChatRole.Assistant, text);

    private static ChatResponseUpdate Usage() => new(ChatRole.Assistant, [new UsageContent(new() { OutputTokenCount = 1 })]);

    private static ChatResponseUpdate Finish(ChatFinishReason reason) => new() { FinishReason = reason };
}
