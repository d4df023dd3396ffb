namespace Resilient.Llm.Loopback;

/// <summary>The reason an answer gives for ending.</summary>
public enum ScriptFinish
{
    /// <summary>
    /// OpenAI <c>stop</c> (or <c>tool_calls</c> when a tool was called); Anthropic <c>end_turn</c> (or <c>tool_use</c>); Responses
    /// <c>completed</c>; Ollama <c>stop</c>.
    /// </summary>
    Complete,

    /// <summary>
    /// OpenAI and Ollama <c>length</c>; Anthropic <c>max_tokens</c>; Responses <c>incomplete</c> for <c>max_output_tokens</c>.
    /// </summary>
    Length,

    /// <summary>
    /// OpenAI and Ollama <c>content_filter</c>; Anthropic <c>refusal</c>; Responses <c>incomplete</c> for <c>content_filter</c>.
    /// </summary>
    ContentFilter,

    /// <summary>
    /// The protocol's usual last events come, but the finish reason in them is null or left out. Responses: no last event, and a plain
    /// answer without a status.
    /// </summary>
    Missing,

    /// <summary>Responses: <c>failed</c> with <see cref="Script.FailureCode"/>. Elsewhere as <see cref="Missing"/>.</summary>
    Failed,

    /// <summary>Responses: <c>cancelled</c>; a stream has no event for it and just ends. Elsewhere as <see cref="Missing"/>.</summary>
    Cancelled,

    /// <summary>Responses: <c>in_progress</c>; a stream repeats that event and ends. Elsewhere as <see cref="Missing"/>.</summary>
    InProgress,
}
