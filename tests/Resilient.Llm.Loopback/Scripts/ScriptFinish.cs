namespace Resilient.Llm.Loopback;

/// <summary>The reason an answer gives for ending.</summary>
public enum ScriptFinish
{
    /// <summary>OpenAI <c>stop</c> (or <c>tool_calls</c> when a tool was called); Anthropic <c>end_turn</c> (or <c>tool_use</c>).</summary>
    Complete,

    /// <summary>OpenAI <c>length</c>; Anthropic <c>max_tokens</c>.</summary>
    Length,

    /// <summary>OpenAI <c>content_filter</c>; Anthropic <c>refusal</c>.</summary>
    ContentFilter,

    /// <summary>The protocol's usual last events come, but the finish reason in them is null or left out.</summary>
    Missing,
}
