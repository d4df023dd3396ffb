using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <content>The conversation in a request, in the same terms for every protocol.</content>
public sealed partial record ReceivedRequest
{
    /// <summary>The text of the last message, whose role is usually <c>user</c>; empty when it has none.</summary>
    public string LastText => Messages is [.., var last] ? last.Text : "";

    /// <summary>
    /// The messages of this request: role and text of each, without the instructions that Anthropic and Responses keep beside them.
    /// Calls of tools and their results have no text here; Responses has no messages for them.
    /// </summary>
    public IReadOnlyList<(string Role, string Text)> Messages => RequestReader.For(Protocol).Messages(Input);

    /// <summary>
    /// The messages that the provider had kept under <see cref="PreviousResponseId"/> or <see cref="ConversationId"/>, then
    /// <see cref="Messages"/>.
    /// </summary>
    public IReadOnlyList<(string Role, string Text)> History => [.. RequestReader.For(Protocol).Messages(Kept), .. Messages];

    /// <summary>
    /// The instructions: Anthropic's <c>system</c>, Responses' <c>instructions</c>, elsewhere the messages with the role <c>system</c>.
    /// </summary>
    public string Instructions => RequestReader.For(Protocol).Instructions(Body);

    /// <summary>The names of the functions that the model may call. Tools that the provider runs itself appear with their type.</summary>
    public IReadOnlyList<string> Tools => RequestReader.For(Protocol).Tools(Body);

    /// <summary>The calls of functions in the history.</summary>
    public IReadOnlyList<ReceivedToolCall> ToolCalls => RequestReader.For(Protocol).ToolCalls(Input);

    /// <summary>The results of functions in the history.</summary>
    public IReadOnlyList<ReceivedToolResult> ToolResults => RequestReader.For(Protocol).ToolResults(Input);

    /// <summary>The reasoning in the history, with what proves its origin.</summary>
    public IReadOnlyList<ReceivedReasoning> Reasoning => RequestReader.For(Protocol).Reasoning(Input);

    /// <summary>Whether the model is asked to reason, as far as the request says so.</summary>
    public bool WantsReasoning => RequestReader.For(Protocol).WantsReasoning(Body);

    /// <summary>Responses: the ids of the items that the request repeats.</summary>
    public IReadOnlyList<string> ItemIds =>
        Protocol == WireProtocol.Responses ? [.. Input.Select(static item => item.Text("id")).Where(static id => id.Length > 0)] : [];

    /// <summary>Responses: the response that this request goes on from.</summary>
    public string? PreviousResponseId => Body.Text("previous_response_id") is { Length: > 0 } id ? id : null;

    /// <summary>Responses: the conversation that this request belongs to.</summary>
    public string? ConversationId =>
        !Body.TryGetProperty("conversation", out var conversation) ? null
        : conversation.ValueKind == JsonValueKind.String ? conversation.GetString()
        : conversation.Text("id") is { Length: > 0 } id ? id : null;

    /// <summary>Responses: whether the provider is asked to keep the answer, which it does when nothing is said.</summary>
    public bool? Store => Body.TryGetProperty("store", out var store) && store.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? store.GetBoolean()
        : null;

    /// <summary>The messages, or the items of Responses, as JSON.</summary>
    public IReadOnlyList<JsonElement> Input => RequestReader.For(Protocol).Input(Body);

    /// <summary>What the provider had kept of the conversation before this request.</summary>
    internal IReadOnlyList<JsonElement> Kept { get; init; } = [];
}
