namespace Resilient.Llm.Shared;

/// <summary>What one update of a stream brings, for the commit gate, the idle timeout, the circuit breaker and the judge.</summary>
[Flags]
internal enum UpdateKind
{
    /// <summary>Nothing visible: role, ids, blank text, usage, finish reason.</summary>
    Preamble = 0,

    /// <summary>Reasoning: a sign of activity, but not an answer.</summary>
    Reasoning = 1,

    /// <summary>A part of the answer: text, data, a tool call. Commits the stream.</summary>
    Content = 2,

    /// <summary>
    /// A tool call for the caller to run or an approval request, with <see cref="Content"/>. After it a stream is never replayed or
    /// continued.
    /// </summary>
    ToolCall = 4,

    /// <summary>An error inside the stream.</summary>
    Error = 8,

    /// <summary>
    /// A tool call with unreadable arguments, with <see cref="ToolCall"/>. Adapters make it of the pieces of a truncated stream.
    /// </summary>
    BrokenToolCall = 16,

    /// <summary>
    /// What the provider's own tools do: a web search, a code interpreter. A sign of activity, but another model may still take over.
    /// </summary>
    HostedTool = 32,
}
