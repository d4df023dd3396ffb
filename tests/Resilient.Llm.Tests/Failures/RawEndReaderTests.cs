using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using OpenAI.Responses;
using Resilient.Llm.Failures;
using Resilient.Llm.Shared;
using ChatFinishReason = Microsoft.Extensions.AI.ChatFinishReason;

namespace Resilient.Llm.Tests;

#pragma warning disable OPENAI001 // The types of the Responses API are still marked experimental.

public sealed class RawEndReaderTests
{
    [Theory]
    [InlineData("""{"status":"completed"}""", (int)RawEndKind.Completed, null)]
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}""", (int)RawEndKind.Incomplete, "length")]
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}""", (int)RawEndKind.Incomplete, "content_filter")]
    [InlineData("""{"status":"incomplete","incomplete_details":{"reason":"tea_time"}}""", (int)RawEndKind.Incomplete, "tea_time")]
    [InlineData("""{"status":"incomplete"}""", (int)RawEndKind.Incomplete, null)]
    [InlineData("""{"status":"failed","error":{"code":"server_error","message":"x"}}""", (int)RawEndKind.Failed, null)]
    [InlineData("""{"status":"failed"}""", (int)RawEndKind.Failed, null)]
    [InlineData("""{"status":"cancelled"}""", (int)RawEndKind.Cancelled, null)]
    [InlineData("""{"status":"in_progress"}""", (int)RawEndKind.InProgress, null)]
    [InlineData("""{"status":"queued"}""", (int)RawEndKind.InProgress, null)]
    [InlineData("""{}""", (int)RawEndKind.Silent, null)]
    public void Read_Response_SaysHowItEnded(string json, int kind, string? reason)
    {
        var end = RawEndReader.Read(Of<ResponseResult>(json));

        Assert.Equal(((RawEndKind)kind, reason), (end.Kind, end.Reason?.Value));
    }

    [Theory]
    [InlineData("""{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}""", (int)RawEndKind.Incomplete)]
    [InlineData("""{"type":"response.completed","response":{"status":"completed"}}""", (int)RawEndKind.Completed)]
    [InlineData("""{"type":"response.failed","response":{"status":"failed"}}""", (int)RawEndKind.Failed)]
    [InlineData("""{"type":"response.refusal.delta","delta":"No"}""", (int)RawEndKind.Refusal)]
    [InlineData("""{"type":"response.in_progress","response":{"status":"in_progress"}}""", (int)RawEndKind.Silent)]
    [InlineData("""{"type":"response.output_text.delta","delta":"No"}""", (int)RawEndKind.Silent)]
    public void Read_UpdateOfResponses_SaysHowItEnded(string json, int kind) =>
        Assert.Equal((RawEndKind)kind, RawEndReader.Read(Of<StreamingResponseUpdate>(json)).Kind);

    [Theory]
    [InlineData("""{"id":"1","choices":[{"index":0,"delta":{"refusal":"No"}}]}""", (int)RawEndKind.Refusal, null)]
    [InlineData("""{"id":"1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":""}}]}}]}""", (int)RawEndKind.ToolCall, null)]
    [InlineData("""{"id":"1","choices":[{"index":0,"delta":{"content":"error"}}]}""", (int)RawEndKind.Silent, null)]
    [InlineData("""{"id":"","choices":[],"prompt_filter_results":[]}""", (int)RawEndKind.Silent, null)]
    [InlineData("""{"error":{"code":"rate_limit_exceeded","type":"requests","message":"x"}}""", (int)RawEndKind.Failed, "rate_limit_exceeded")]
    [InlineData("""{"error":{"type":"overloaded_error","message":"x"}}""", (int)RawEndKind.Failed, "overloaded_error")]
    [InlineData("""{"error":{"code":"own","type":"server_error","message":"x"}}""", (int)RawEndKind.Failed, "server_error")]
    public void Read_UpdateOfChat_SaysWhatTheAdapterDoesNot(string json, int kind, string? code)
    {
        var end = RawEndReader.Read(Of<StreamingChatCompletionUpdate>(json));

        Assert.Equal(((RawEndKind)kind, code), (end.Kind, end.Error?.ErrorCode));
    }

    [Fact]
    public void Read_OfOtherThings_IsSilent() =>
        Assert.All(new object?[] { null, new(), "OpenAI.Responses.ResponseResult", 1, new ChatResponse() }, static raw => Assert.Equal(default, RawEndReader.Read(raw)));

    /// <summary>Any words of a refusal, in any pieces, with any other updates between them, come to one refusal with these words.</summary>
    [Fact]
    public void Judge_RefusalInRandomPieces_IsOneRefusal()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var judge = new StreamJudge(requireFinishReason: random.Next(2) == 0);
            var words = "";
            for (var i = random.Next(1, 8); i > 0; i--)
            {
                var piece = $" w{random.Next(100)}";
                words += piece;
                var update = Update($$$"""{"id":"1","choices":[{"index":0,"delta":{"refusal":"{{{piece}}}"}}]}""");
                Assert.NotEqual(UpdateKind.Error, judge.Observe(ref update));
                if (random.Next(2) == 0)
                {
                    var empty = Update("""{"id":"1","choices":[{"index":0,"delta":{}}]}""");
                    judge.Observe(ref empty);
                }
            }

            var end = new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
            judge.Observe(ref end);

            var error = Assert.IsType<ErrorContent>(Assert.Single(end.Contents));
            Assert.Equal((words, "Refusal", ChatFinishReason.ContentFilter), (error.Message, error.ErrorCode, end.FinishReason));
            Assert.Equal(FailureKind.ContentFiltered, judge.End()?.Kind);
        }
    }

    private static ChatResponseUpdate Update(string json) => new() { RawRepresentation = Of<StreamingChatCompletionUpdate>(json) };

    private static T Of<T>(string json)
        where T : class, IPersistableModel<T> => ModelReaderWriter.Read<T>(BinaryData.FromString(json))!;
}
