using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>OpenAI Chat Completions. Streams report usage when the request asks for it, as the service does.</summary>
internal sealed class OpenAIWire : Wire
{
    private const long Created = 1767225600;

    public override WireProtocol Protocol => WireProtocol.OpenAI;

    public override byte[] KeepAlive { get; } = Event(": keep-alive\n\n");

    public override byte[] MalformedEvent { get; } =
        Event("data: {\"id\":\"chatcmpl-loopback\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"cont\n\n");

    public override byte[] InBandErrorBody { get; } = OpenAIErrors.Body(
        "The server had an error while processing your request. Sorry about that!", "server_error", null, null);

    public override byte[] UnknownEvent { get; } =
        Event("event: mood\ndata: {\"object\":\"chat.completion.mood\",\"choices\":[],\"mood\":\"cheerful\"}\n\n");

    public override byte[] HalfCharacter { get; } =
    [
        .. "data: {\"id\":\"chatcmpl-loopback\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"gr"u8,
        HalfOfALetter,
    ];

    public override byte[] ErrorEvent(byte[] body) => [.. "data: "u8, .. body, .. "\n\n"u8];

    public override IEnumerable<Frame> Frames(Script script, ReceivedRequest request)
    {
        yield return Chunk(FrameKind.Preamble, request, new { role = "assistant", content = "" });
        foreach (var piece in Pieces(script.ReasoningText ?? ""))
        {
            yield return Chunk(FrameKind.Preamble, request, new { reasoning_content = piece });
        }

        foreach (var piece in Pieces(script.Text))
        {
            yield return Chunk(FrameKind.Content, request, new { content = piece });
        }

        foreach (var piece in Pieces(script.RefusalText ?? ""))
        {
            yield return Chunk(FrameKind.Content, request, new { refusal = piece });
        }

        if (script.Tool is { } tool)
        {
            var (first, second) = Halves(tool.ArgumentsJson);
            var opening = new { name = tool.Name, arguments = "" };
            yield return ToolChunk(request, new { index = 0, id = tool.CallId, type = "function", function = opening });
            yield return ToolChunk(request, new { index = 0, function = new { arguments = first } });
            yield return ToolChunk(request, new { index = 0, function = new { arguments = second } });
        }

        if (FinishReason(script) is { } finish)
        {
            yield return Chunk(FrameKind.Finish, request, new { }, finish);
        }

        if (request.WantsUsage)
        {
            yield return Data(FrameKind.End, Envelope(request, "chat.completion.chunk", choices: [], Usage(script)));
        }

        yield return new(FrameKind.End, Event("data: [DONE]\n\n"));
    }

    public override byte[] Plain(Script script, ReceivedRequest request)
    {
        var message = new Dictionary<string, object?>
        {
            ["role"] = "assistant",
            ["content"] = script.Tool is null && script.RefusalText is null || script.Text.Length > 0 ? script.Text : null,
            ["refusal"] = script.RefusalText,
        };
        if (script.ReasoningText is { } reasoning)
        {
            message["reasoning_content"] = reasoning;
        }

        if (script.Tool is { } tool)
        {
            message["tool_calls"] = new[]
            {
                new { id = tool.CallId, type = "function", function = new { name = tool.Name, arguments = tool.ArgumentsJson } },
            };
        }

        var choice = new { index = 0, message, logprobs = (object?)null, finish_reason = FinishReason(script) };
        return Json(Envelope(request, "chat.completion", [choice], Usage(script)));
    }

    public override WireError ErrorFor(Script script, ReceivedRequest request) => OpenAIErrors.For(script, request);

    public override void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers)
    {
        headers["x-request-id"] = $"req_loopback_{request.Number}";
        if (script.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString();
            headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString();
        }
    }

    private static string? FinishReason(Script script) => script.Finish switch
    {
        ScriptFinish.Missing => null,
        ScriptFinish.Length => "length",
        ScriptFinish.ContentFilter => "content_filter",
        _ => script.Tool is null ? "stop" : "tool_calls",
    };

    private static object Usage(Script script) => new
    {
        prompt_tokens = script.PromptTokens,
        completion_tokens = CompletionTokens(script),
        total_tokens = script.PromptTokens + CompletionTokens(script),
    };

    private static Frame ToolChunk(ReceivedRequest request, object call) =>
        Chunk(FrameKind.Content, request, new { tool_calls = new[] { call } });

    private static Frame Chunk(FrameKind kind, ReceivedRequest request, object delta, string? finish = null)
    {
        var choice = new { index = 0, delta, logprobs = (object?)null, finish_reason = finish };
        return Data(kind, Envelope(request, "chat.completion.chunk", [choice], usage: null));
    }

    private static object Envelope(ReceivedRequest request, string type, object[] choices, object? usage) => new
    {
        id = $"chatcmpl-loopback-{request.Number}",
        @object = type,
        created = Created,
        model = request.Model,
        choices,
        usage,
    };

    private static Frame Data(FrameKind kind, object value) => new(kind, [.. "data: "u8, .. Json(value), .. "\n\n"u8]);
}
