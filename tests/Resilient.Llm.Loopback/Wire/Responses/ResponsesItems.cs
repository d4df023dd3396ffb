using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>The output items of one answer, finished and as they are when they begin.</summary>
internal sealed class ResponsesItems(Script script, ReceivedRequest request, ProviderMemory memory)
{
    public string ReasoningId { get; } = Id("rs", request, memory);

    public string HostedToolId { get; } = Id(script.HostedTool?.Kind == ScriptHostedTool.CodeInterpreter ? "ci" : "ws", request, memory);

    public string MessageId { get; } = Id("msg", request, memory);

    public string ResponseId { get; } = Id("resp", request, memory);

    public string CallId(int index) => $"{Id("fc", request, memory)}_{index}";

    /// <summary>All items, in their order.</summary>
    public IReadOnlyList<object> All() =>
    [
        .. script.ReasoningText is { } reasoning ? [Reasoning(reasoning)] : Array.Empty<object>(),
        .. script.HostedTool is { } tool ? [HostedTool(tool, "completed")] : Array.Empty<object>(),
        .. HasMessage ? [Message(Parts())] : Array.Empty<object>(),
        .. script.Tools.Select((call, index) => Call(call, index, call.ArgumentsJson, "completed")),
    ];

    public bool HasMessage => script.Text.Length > 0 || script.RefusalText is not null;

    /// <summary>The encrypted content is sent only where the request includes it, as the service does.</summary>
    public object Reasoning(string? text)
    {
        var item = new Dictionary<string, object?>
        {
            ["id"] = ReasoningId,
            ["type"] = "reasoning",
            ["summary"] = text is null ? Array.Empty<object>() : [SummaryPart(text)],
        };
        if (text is not null && IncludesEncrypted(request.Body))
        {
            item["encrypted_content"] = memory.Encrypt(text);
        }

        return item;
    }

    public object HostedTool(ScriptHostedTool tool, string status) => tool.Kind == ScriptHostedTool.CodeInterpreter
        ? new
        {
            id = HostedToolId,
            type = "code_interpreter_call",
            status,
            code = tool.Input,
            container_id = "cntr_loopback",
            outputs = new[] { new { type = "logs", logs = "42" } },
        }
        : new
        {
            id = HostedToolId,
            type = "web_search_call",
            status,
            action = new { type = "search", query = tool.Input, queries = new[] { tool.Input } },
        };

    public object Message(IReadOnlyList<object> parts, string status = "completed") =>
        new { id = MessageId, type = "message", status, role = "assistant", content = parts };

    public object Call(ScriptTool tool, int index, string arguments, string status) =>
        new { id = CallId(index), type = "function_call", status, call_id = tool.CallId, name = tool.Name, arguments };

    public static object SummaryPart(string text) => new { type = "summary_text", text };

    public static object TextPart(string text) =>
        new { type = "output_text", text, annotations = Array.Empty<object>(), logprobs = Array.Empty<object>() };

    public static object RefusalPart(string refusal) => new { type = "refusal", refusal };

    private object[] Parts() =>
    [
        .. script.Text.Length > 0 ? [TextPart(script.Text)] : Array.Empty<object>(),
        .. script.RefusalText is { } words ? [RefusalPart(words)] : Array.Empty<object>(),
    ];

    private static bool IncludesEncrypted(JsonElement body) =>
        body.List("include").Any(static value =>
            value.ValueKind == JsonValueKind.String && value.ValueEquals("reasoning.encrypted_content"));

    private static string Id(string kind, ReceivedRequest request, ProviderMemory memory) => $"{kind}_{memory.Name}_{request.Number}";
}
