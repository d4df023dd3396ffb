using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI.Responses;

namespace Resilient.Llm.Loopback.Tests;

#pragma warning disable OPENAI001 // The types of the Responses API are still marked experimental.

/// <summary>How a response really ended stands in the raw representation: of the answer, or of the last update.</summary>
public class ResponsesTruthTests
{
    public static TheoryData<string, bool, string?, string?, string?> Ends
    {
        get
        {
            var rows = new TheoryData<string, bool, string?, string?, string?>();
            foreach (var streaming in new[] { false, true })
            {
                rows.Add("complete", streaming, "completed", null, null);
                rows.Add("token limit", streaming, "incomplete", "max_output_tokens", null);
                rows.Add("content filter", streaming, "incomplete", "content_filter", null);
                rows.Add("unknown reason", streaming, "incomplete", "loopback_reason", null);
                rows.Add("failed", streaming, "failed", null, "rate_limit_exceeded");
                rows.Add("failed, no text", streaming, "failed", null, "rate_limit_exceeded");
                rows.Add("in progress", streaming, "in_progress", null, null);

                // A stream has no event for these: it stops behind the last item.
                rows.Add("cancelled", streaming, streaming ? null : "cancelled", null, null);
                rows.Add("missing", streaming, null, null, null);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task End_IsInTheRawRepresentation(string end, bool streaming, string? status, string? reason, string? error)
    {
        await using var provider = await LoopbackProvider.StartAsync(end switch
        {
            "token limit" => Script.Truncated("One two"),
            "content filter" => Script.ContentFilterFinish("One two"),
            "unknown reason" => Script.UnknownFinishReason("One two"),
            "failed" => Script.Failed("rate_limit_exceeded", "One two"),
            "failed, no text" => Script.Failed("rate_limit_exceeded"),
            "in progress" => Script.Answer("One two") with { Finish = ScriptFinish.InProgress },
            "cancelled" => Script.Answer("One two") with { Finish = ScriptFinish.Cancelled },
            "missing" => Script.MissingFinishReason("One two"),
            _ => Script.Answer("One two"),
        });

        var call = await AdapterCall.OfAsync(provider.OpenAIResponses(), streaming);

        var raw = Raw(call.Raw);
        Assert.Equal(status, raw?.Status is { } seen ? Snake(seen.ToString()!) : null);
        Assert.Equal(reason, raw?.IncompleteStatusDetails?.Reason?.ToString());
        Assert.Equal(error, raw?.Error?.Code.ToString());
    }

    /// <summary>
    /// A plain failure shows its error twice, as content and as property; without any output it is in the property alone.
    /// </summary>
    [Theory]
    [InlineData("One two", 1)]
    [InlineData("", 0)]
    public async Task Failed_Plain_KeepsTheErrorInTheProperties(string text, int contents)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Failed("rate_limit_exceeded", text));

        var call = await AdapterCall.OfAsync(provider.OpenAIResponses(), streaming: false);

        Assert.Equal("rate_limit_exceeded", Assert.IsType<ResponseError>(call.AdditionalProperties!["Error"]).Code.ToString());
        Assert.Equal(contents, call.Contents.OfType<ErrorContent>().Count());
    }

    [Fact]
    public async Task ConversationId_Streamed_IsOnEveryUpdate()
    {
        await using var provider = await LoopbackProvider.StartAsync("One two");

        await foreach (var update in provider.OpenAIResponses().GetStreamingResponseAsync("Hi"))
        {
            Assert.Equal(update.ResponseId, update.ConversationId);
            Assert.NotNull(update.ConversationId);
        }
    }

    private static ResponseResult? Raw(object? raw) => raw switch
    {
        ResponseResult plain => plain,
        StreamingResponseCompletedUpdate update => update.Response,
        StreamingResponseIncompleteUpdate update => update.Response,
        StreamingResponseFailedUpdate update => update.Response,
        StreamingResponseInProgressUpdate update => update.Response,
        _ => null,
    };

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
