using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Reads the requests of one protocol. The base class knows what Chat Completions, Anthropic and Ollama have in common.</summary>
internal abstract class RequestReader
{
    private static readonly AnthropicRequestReader s_anthropic = new();
    private static readonly ChatRequestReader s_chat = new();
    private static readonly OllamaRequestReader s_ollama = new();
    private static readonly ResponsesRequestReader s_responses = new();

    public static RequestReader For(WireProtocol protocol) => protocol switch
    {
        WireProtocol.Anthropic => s_anthropic,
        WireProtocol.Responses => s_responses,
        WireProtocol.Ollama => s_ollama,
        _ => s_chat,
    };

    public virtual IReadOnlyList<JsonElement> Input(JsonElement body) => body.List("messages");

    public virtual IReadOnlyList<(string Role, string Text)> Messages(IReadOnlyList<JsonElement> input) =>
        [.. input.Select(static message => (message.Text("role"), message.Joined("content")))];

    public virtual string Instructions(JsonElement body) => string.Join(
        '\n',
        Messages(Input(body)).Where(static message => message.Role is "system" or "developer").Select(static message => message.Text));

    public virtual IReadOnlyList<string> Tools(JsonElement body) =>
        [.. body.List("tools").Select(static tool => tool.Find("function")?.Text("name") ?? tool.Text("type"))];

    public abstract IReadOnlyList<ReceivedToolCall> ToolCalls(IReadOnlyList<JsonElement> input);

    public abstract IReadOnlyList<ReceivedToolResult> ToolResults(IReadOnlyList<JsonElement> input);

    public abstract IReadOnlyList<ReceivedReasoning> Reasoning(IReadOnlyList<JsonElement> input);

    public abstract bool WantsReasoning(JsonElement body);
}
