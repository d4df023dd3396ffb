using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Responses: a list of items, of which messages are one type.</summary>
internal sealed class ResponsesRequestReader : RequestReader
{
    /// <summary>The input may be a text alone, which is a message of the user.</summary>
    public override IReadOnlyList<JsonElement> Input(JsonElement body) => body.Find("input") is { ValueKind: JsonValueKind.String } text
        ? [JsonSerializer.SerializeToElement(new { type = "message", role = "user", content = text.GetString() })]
        : body.List("input");

    public override IReadOnlyList<(string Role, string Text)> Messages(IReadOnlyList<JsonElement> input) =>
        [.. input.Where(static item => item.Text("type") is "message" or "")
            .Select(static item => (item.Text("role"), item.Joined("content")))];

    public override string Instructions(JsonElement body) =>
        string.Join('\n', new[] { body.Text("instructions"), base.Instructions(body) }.Where(static text => text.Length > 0));

    public override IReadOnlyList<string> Tools(JsonElement body) =>
        [.. body.List("tools").Select(static tool => tool.Text("name") is { Length: > 0 } name ? name : tool.Text("type"))];

    public override IReadOnlyList<ReceivedToolCall> ToolCalls(IReadOnlyList<JsonElement> input) =>
        [.. input.Where(static item => item.Text("type") == "function_call")
            .Select(static item => new ReceivedToolCall(item.Text("call_id"), item.Text("name"), item.Text("arguments")))];

    public override IReadOnlyList<ReceivedToolResult> ToolResults(IReadOnlyList<JsonElement> input) =>
        [.. input.Where(static item => item.Text("type") == "function_call_output")
            .Select(static item => new ReceivedToolResult(item.Text("call_id"), item.Joined("output")))];

    public override IReadOnlyList<ReceivedReasoning> Reasoning(IReadOnlyList<JsonElement> input) =>
        [.. input.Where(static item => item.Text("type") == "reasoning")
            .Select(static item => new ReceivedReasoning(item.Joined("summary"), item.Text("encrypted_content"), item.Text("id")))];

    public override bool WantsReasoning(JsonElement body) =>
        body.Find("reasoning")?.Text("effort") is { } effort && effort is not ("" or "none");
}
