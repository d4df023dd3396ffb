using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>Anthropic Messages, as of <c>anthropic-version: 2023-06-01</c>.</summary>
internal sealed class AnthropicWire(ProviderMemory memory) : Wire
{
    public override WireProtocol Protocol => WireProtocol.Anthropic;

    public override byte[] KeepAlive { get; } = Event("event: ping\ndata: {\"type\":\"ping\"}\n\n");

    public override byte[] MalformedEvent { get; } =
        Event("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_del\n\n");

    public override byte[] InBandErrorBody { get; } = AnthropicErrors.Body("overloaded_error", "Overloaded");

    public override byte[] UnknownEvent { get; } =
        Event("event: content_block_mood\ndata: {\"type\":\"content_block_mood\",\"index\":0,\"mood\":{\"type\":\"cheerful\"}}\n\n");

    public override byte[] HalfCharacter { get; } =
    [
        .. "event: content_block_delta\n"u8,
        .. "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"gr"u8,
        HalfOfALetter,
    ];

    public override WireError? Refuse(ReceivedRequest request) =>
        AnthropicToolTurns.Refuse(request.Body) ?? AnthropicThinking.Refuse(request.Body, memory);

    public override byte[] ErrorEvent(byte[] body) => [.. "event: error\ndata: "u8, .. body, .. "\n\n"u8];

    public override IEnumerable<Frame> Frames(Script script, ReceivedRequest request)
    {
        yield return Sse(FrameKind.Preamble, "message_start", new
        {
            type = "message_start",
            message = Message(script, request, content: [], stopReason: null, outputTokens: 1),
        });
        yield return new(FrameKind.Preamble, KeepAlive);
        var index = 0;
        if (script.ReasoningText is { } reasoning)
        {
            yield return Start(FrameKind.Preamble, index, new { type = "thinking", thinking = "", signature = "" });
            foreach (var piece in Pieces(reasoning))
            {
                yield return Delta(FrameKind.Preamble, index, new { type = "thinking_delta", thinking = piece });
            }

            yield return Delta(FrameKind.Preamble, index, new { type = "signature_delta", signature = memory.Sign(reasoning) });
            yield return Stop(FrameKind.Preamble, index++);
        }

        if (script.HostedTool is { } search)
        {
            yield return Start(FrameKind.Preamble, index, AnthropicSearch.Call(search, streamed: true));
            yield return Delta(
                FrameKind.Preamble, index, new { type = "input_json_delta", partial_json = AnthropicSearch.InputJson(search) });
            yield return Stop(FrameKind.Preamble, index++);
            yield return Start(FrameKind.HostedToolEnd, index, AnthropicSearch.Result());
            yield return Stop(FrameKind.Preamble, index++);
        }

        if (Text(script) is { Length: > 0 } text)
        {
            yield return Start(FrameKind.Preamble, index, new { type = "text", text = "" });
            foreach (var piece in Pieces(text))
            {
                yield return Delta(FrameKind.Content, index, new { type = "text_delta", text = piece });
            }

            // The end of a block belongs to what follows it: a fault "after the last content" comes before it.
            yield return Stop(script.Tool is null ? FrameKind.BlockEnd : FrameKind.Preamble, index++);
        }

        foreach (var tool in script.Tools)
        {
            var (first, second) = Halves(tool.ArgumentsJson);
            yield return Start(FrameKind.Content, index, new { type = "tool_use", id = tool.CallId, name = tool.Name, input = new { } });
            yield return Delta(FrameKind.Content, index, new { type = "input_json_delta", partial_json = first });
            yield return Delta(FrameKind.Content, index, new { type = "input_json_delta", partial_json = second });
            yield return Stop(tool == script.Tools[^1] ? FrameKind.BlockEnd : FrameKind.Preamble, index++);
        }

        yield return Sse(FrameKind.Finish, "message_delta", new
        {
            type = "message_delta",
            delta = new { stop_reason = StopReason(script), stop_sequence = (string?)null },
            usage = new { output_tokens = CompletionTokens(script) },
        });
        yield return Sse(FrameKind.End, "message_stop", new { type = "message_stop" });
    }

    public override byte[] Plain(Script script, ReceivedRequest request)
    {
        var content = new List<object>();
        if (script.ReasoningText is { } reasoning)
        {
            content.Add(new { type = "thinking", thinking = reasoning, signature = memory.Sign(reasoning) });
        }

        if (script.HostedTool is { } search)
        {
            content.Add(AnthropicSearch.Call(search, streamed: false));
            content.Add(AnthropicSearch.Result());
        }

        if (Text(script) is { Length: > 0 } text)
        {
            content.Add(new { type = "text", text });
        }

        foreach (var tool in script.Tools)
        {
            using var input = JsonDocument.Parse(tool.ArgumentsJson);
            content.Add(new { type = "tool_use", id = tool.CallId, name = tool.Name, input = input.RootElement.Clone() });
        }

        return Json(Message(script, request, content, StopReason(script), CompletionTokens(script)));
    }

    public override WireError ErrorFor(Script script, ReceivedRequest request) => AnthropicErrors.For(script, request);

    public override void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers)
    {
        headers["request-id"] = $"req_loopback_{request.Number}";
        if (script.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString();
        }
    }

    // This protocol has no field for the words of a refusal: they are text.
    private static string Text(Script script) => script.Text + script.RefusalText;

    private static string? StopReason(Script script) => script.Finish switch
    {
        _ when script.FinishWord is { } word => word,
        ScriptFinish.Missing or ScriptFinish.Failed or ScriptFinish.Cancelled or ScriptFinish.InProgress => null,
        ScriptFinish.Length => "max_tokens",
        ScriptFinish.ContentFilter => "refusal",
        _ when script.RefusalText is not null => "refusal",
        _ when script.Tool is not null => "tool_use",
        _ => "end_turn",
    };

    private static object Message(Script script, ReceivedRequest request, List<object> content, string? stopReason, int outputTokens) => new
    {
        id = $"msg_loopback_{request.Number}",
        type = "message",
        role = "assistant",
        model = request.Model,
        content,
        stop_reason = stopReason,
        stop_sequence = (string?)null,
        usage = new { input_tokens = script.PromptTokens, output_tokens = outputTokens },
    };

    private static Frame Start(FrameKind kind, int index, object block) =>
        Sse(kind, "content_block_start", new { type = "content_block_start", index, content_block = block });

    private static Frame Delta(FrameKind kind, int index, object delta) =>
        Sse(kind, "content_block_delta", new { type = "content_block_delta", index, delta });

    private static Frame Stop(FrameKind kind, int index) => Sse(kind, "content_block_stop", new { type = "content_block_stop", index });

    private static Frame Sse(FrameKind kind, string name, object data) =>
        new(kind, [.. "event: "u8, .. Event(name), .. "\ndata: "u8, .. Json(data), .. "\n\n"u8]);
}
