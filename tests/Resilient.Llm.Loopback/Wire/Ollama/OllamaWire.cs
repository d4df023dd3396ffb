using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>
/// Ollama: a JSON object a line. It streams unless told not to, sends calls of tools whole, and has no ids and no field for a refusal.
/// </summary>
internal sealed class OllamaWire : Wire
{
    public override WireProtocol Protocol => WireProtocol.Ollama;

    public override string StreamType => "application/x-ndjson";

    /// <summary>
    /// Lines without text, as they come while a model thinks without showing it. An empty line would break OllamaSharp's stream.
    /// </summary>
    public override byte[] KeepAlive { get; } = Event(
        "{\"model\":\"loopback\",\"created_at\":\"2026-01-01T00:00:00.000000Z\","
        + "\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n");

    public override byte[] MalformedEvent { get; } = Event("{\"model\":\"loopback\",\"message\":{\"role\":\"assistant\",\"cont\n");

    public override byte[] InBandErrorBody { get; } = OllamaErrors.Body("an error was encountered while running the model: CUDA error");

    public override byte[] UnknownEvent { get; } = Event("{\"mood\":\"cheerful\"}\n");

    public override byte[] HalfCharacter { get; } =
        [.. "{\"model\":\"loopback\",\"message\":{\"role\":\"assistant\",\"content\":\"gr"u8, HalfOfALetter];

    public override bool WantsStream(JsonElement body) => body.Find("stream") is not { ValueKind: JsonValueKind.False };

    public override byte[] ErrorEvent(byte[] body) => [.. body, (byte)'\n'];

    public override IEnumerable<Frame> Frames(Script script, ReceivedRequest request)
    {
        foreach (var piece in Pieces(script.ReasoningText ?? ""))
        {
            yield return Line(FrameKind.Preamble, request, new { role = "assistant", content = "", thinking = piece });
        }

        foreach (var piece in Pieces(Text(script)))
        {
            yield return Line(FrameKind.Content, request, new { role = "assistant", content = piece });
        }

        if (script.Tools.Count > 0)
        {
            yield return Line(FrameKind.Content, request, new { role = "assistant", content = "", tool_calls = Calls(script) });
        }

        yield return new(FrameKind.Finish, [.. Json(Done(script, request, new { role = "assistant", content = "" })), (byte)'\n']);

        // Nothing follows. The empty frame is the place for a fault behind the last line.
        yield return new(FrameKind.End, []);
    }

    public override byte[] Plain(Script script, ReceivedRequest request)
    {
        var message = new Dictionary<string, object?> { ["role"] = "assistant", ["content"] = Text(script) };
        if (script.ReasoningText is { } reasoning)
        {
            message["thinking"] = reasoning;
        }

        if (script.Tools.Count > 0)
        {
            message["tool_calls"] = Calls(script);
        }

        return Json(Done(script, request, message));
    }

    public override WireError ErrorFor(Script script, ReceivedRequest request) => OllamaErrors.For(script, request);

    public override void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers)
    {
        if (script.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString();
        }
    }

    private static string Text(Script script) => script.Text + script.RefusalText;

    private static object Calls(Script script) => script.Tools.Select(static (tool, index) =>
        new { function = new { index, name = tool.Name, arguments = JsonSerializer.Deserialize<JsonElement>(tool.ArgumentsJson) } });

    private static Dictionary<string, object?> Done(Script script, ReceivedRequest request, object message)
    {
        var done = Envelope(request, message, done: true);
        if (DoneReason(script) is { } reason)
        {
            done["done_reason"] = reason;
        }

        done["total_duration"] = 1_000_000_000;
        done["load_duration"] = 100_000_000;
        done["prompt_eval_count"] = script.PromptTokens;
        done["prompt_eval_duration"] = 200_000_000;
        done["eval_count"] = CompletionTokens(script);
        done["eval_duration"] = 700_000_000;
        return done;
    }

    private static string? DoneReason(Script script) => script.Finish switch
    {
        _ when script.FinishWord is { } word => word,
        ScriptFinish.Complete => "stop",
        ScriptFinish.Length => "length",
        ScriptFinish.ContentFilter => "content_filter",
        _ => null,
    };

    private static Frame Line(FrameKind kind, ReceivedRequest request, object message) =>
        new(kind, [.. Json(Envelope(request, message, done: false)), (byte)'\n']);

    private static Dictionary<string, object?> Envelope(ReceivedRequest request, object message, bool done) => new()
    {
        ["model"] = request.Model,
        ["created_at"] = "2026-01-01T00:00:00.000000Z",
        ["message"] = message,
        ["done"] = done,
    };
}
