using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Anthropic Messages: calls, results and thinking are blocks of messages.</summary>
internal sealed class AnthropicRequestReader : RequestReader
{
    public override string Instructions(JsonElement body) => body.Joined("system");

    public override IReadOnlyList<string> Tools(JsonElement body) => [.. body.List("tools").Select(static tool => tool.Text("name"))];

    public override IReadOnlyList<ReceivedToolCall> ToolCalls(IReadOnlyList<JsonElement> input) =>
        [.. Blocks(input, "tool_use").Select(static block =>
            new ReceivedToolCall(block.Text("id"), block.Text("name"), block.Find("input")?.GetRawText() ?? ""))];

    public override IReadOnlyList<ReceivedToolResult> ToolResults(IReadOnlyList<JsonElement> input) =>
        [.. Blocks(input, "tool_result").Select(static block =>
            new ReceivedToolResult(block.Text("tool_use_id"), block.Joined("content")))];

    public override IReadOnlyList<ReceivedReasoning> Reasoning(IReadOnlyList<JsonElement> input) =>
        [.. Blocks(input, "thinking").Select(static block => new ReceivedReasoning(block.Text("thinking"), block.Text("signature"), ""))];

    public override bool WantsReasoning(JsonElement body) => body.Find("thinking")?.Text("type") is "enabled" or "adaptive";

    private static IEnumerable<JsonElement> Blocks(IReadOnlyList<JsonElement> input, string type) =>
        input.SelectMany(static message => message.List("content")).Where(block => block.Text("type") == type);
}
