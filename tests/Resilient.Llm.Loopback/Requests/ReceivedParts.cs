namespace Resilient.Llm.Loopback;

/// <summary>A call of a function in the history of a <see cref="ReceivedRequest"/>.</summary>
/// <param name="CallId">The id; empty on Ollama, which has none.</param>
/// <param name="Name">The function.</param>
/// <param name="ArgumentsJson">Its arguments.</param>
public sealed record ReceivedToolCall(string CallId, string Name, string ArgumentsJson);

/// <summary>The result of a function in the history of a <see cref="ReceivedRequest"/>.</summary>
/// <param name="CallId">The id of the call; empty on Ollama, which has none.</param>
/// <param name="Text">The result.</param>
public sealed record ReceivedToolResult(string CallId, string Text);

/// <summary>Reasoning in the history of a <see cref="ReceivedRequest"/>.</summary>
/// <param name="Text">Its text, or the text of its summary.</param>
/// <param name="Proof">Anthropic's signature, or the encrypted content of Responses; empty for none.</param>
/// <param name="ItemId">The id of the item, on Responses; empty for none.</param>
public sealed record ReceivedReasoning(string Text, string Proof, string ItemId);
