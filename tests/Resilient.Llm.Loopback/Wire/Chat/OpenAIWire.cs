using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>OpenAI Chat Completions. Streams report usage when the request asks for it, as the service does.</summary>
internal class OpenAIWire : Wire
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
        .. "data: {\"id\":\"chatcmpl-loopback\",\"object\":\"chat.completion.chunk\","u8,
        .. "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"gr"u8,
        HalfOfALetter,
    ];

    public override WireError? Refuse(ReceivedRequest request) => ChatToolTurns.Refuse(request.Body);

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

        for (var index = 0; index < script.Tools.Count; index++)
        {
            var tool = script.Tools[index];
            var (first, second) = Halves(tool.ArgumentsJson);
            var opening = new { name = tool.Name, arguments = "" };
            yield return ToolChunk(request, new { index, id = tool.CallId, type = "function", function = opening });
            yield return ToolChunk(request, new { index, function = new { arguments = first } });
            yield return ToolChunk(request, new { index, function = new { arguments = second } });
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

        if (script.Tools.Count > 0)
        {
            message["tool_calls"] = script.Tools.Select(static tool =>
                new { id = tool.CallId, type = "function", function = new { name = tool.Name, arguments = tool.ArgumentsJson } });
        }

        var completion = Envelope(request, "chat.completion", [Choice("message", message, FinishReason(script))], Usage(script));
        Decorate(completion);
        return Json(completion);
    }

    public override WireError ErrorFor(Script script, ReceivedRequest request) => OpenAIErrors.For(script, request);

    public override void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers)
    {
        OpenAIHeaders.Add(script, request, headers);
    }

    /// <summary>What a compatible service adds to a plain answer.</summary>
    protected virtual void Decorate(Dictionary<string, object?> completion)
    {
    }

    /// <summary>What a compatible service adds to a choice.</summary>
    protected virtual void DecorateChoice(Dictionary<string, object?> choice)
    {
    }

    private static string? FinishReason(Script script) => script.Finish switch
    {
        _ when script.FinishWord is { } word => word,
        ScriptFinish.Missing or ScriptFinish.Failed or ScriptFinish.Cancelled or ScriptFinish.InProgress => null,
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

    private Frame ToolChunk(ReceivedRequest request, object call) =>
        Chunk(FrameKind.Content, request, new { tool_calls = new[] { call } });

    private Frame Chunk(FrameKind kind, ReceivedRequest request, object delta, string? finish = null)
    {
        return Data(kind, Envelope(request, "chat.completion.chunk", [Choice("delta", delta, finish)], usage: null));
    }

    private Dictionary<string, object?> Choice(string name, object content, string? finish)
    {
        var choice = new Dictionary<string, object?> { ["index"] = 0, [name] = content, ["logprobs"] = null, ["finish_reason"] = finish };
        DecorateChoice(choice);
        return choice;
    }

    private static Dictionary<string, object?> Envelope(ReceivedRequest request, string type, object[] choices, object? usage) => new()
    {
        ["id"] = $"chatcmpl-loopback-{request.Number}",
        ["object"] = type,
        ["created"] = Created,
        ["model"] = request.Model,
        ["choices"] = choices,
        ["usage"] = usage,
    };

    private static Frame Data(FrameKind kind, object value) => new(kind, [.. "data: "u8, .. Json(value), .. "\n\n"u8]);
}
