namespace Resilient.Llm.Loopback;

/// <summary>A tool call that a <see cref="Script"/> answers with.</summary>
/// <param name="Name">The name of the function.</param>
/// <param name="ArgumentsJson">The arguments, as a JSON object. Streams send it in fragments.</param>
/// <param name="CallId">The id of the call.</param>
public sealed record ScriptTool(string Name, string ArgumentsJson, string CallId = "call_loopback_1");
