using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Chat Completions, of OpenAI and Azure.</summary>
internal class ChatRequestReader : RequestReader
{
    public override IReadOnlyList<ReceivedToolCall> ToolCalls(IReadOnlyList<JsonElement> input) =>
        [.. from message in input
            from call in message.List("tool_calls")
            let function = call.Find("function")
            select new ReceivedToolCall(call.Text("id"), function?.Text("name") ?? "", Arguments(function))];

    public override IReadOnlyList<ReceivedToolResult> ToolResults(IReadOnlyList<JsonElement> input) =>
        [.. input.Where(static message => message.Text("role") == "tool")
            .Select(static message => new ReceivedToolResult(message.Text("tool_call_id"), message.Joined("content")))];

    public override IReadOnlyList<ReceivedReasoning> Reasoning(IReadOnlyList<JsonElement> input) =>
        [.. input.Select(static message => message.Text("reasoning_content")).Where(static text => text.Length > 0)
            .Select(static text => new ReceivedReasoning(text, "", ""))];

    public override bool WantsReasoning(JsonElement body) => body.Text("reasoning_effort") is not ("" or "none");

    /// <summary>A string that holds JSON, or on Ollama the object itself.</summary>
    private static string Arguments(JsonElement? function) => function?.Find("arguments") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } json => json.GetRawText(),
        _ => "",
    };
}
