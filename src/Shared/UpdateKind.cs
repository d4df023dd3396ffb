namespace Resilient.Llm.Shared;

/// <summary>What one update of a stream brings. The commit gate, the idle watch, the breaker and the judge all go by this.</summary>
[Flags]
internal enum UpdateKind
{
    /// <summary>Nothing that a reader sees: role, ids, empty text, usage, finish reason.</summary>
    Preamble = 0,

    /// <summary>Reasoning: a sign of life, but no answer.</summary>
    Reasoning = 1,

    /// <summary>A part of the answer: text, data, a tool call. Commits the stream.</summary>
    Content = 2,

    /// <summary>A tool call, or the request to approve one; together with <see cref="Content"/>. After it a stream is never replayed or continued.</summary>
    ToolCall = 4,

    /// <summary>An error inside the stream.</summary>
    Error = 8,

    /// <summary>
    /// A tool call whose arguments could not be read; together with <see cref="ToolCall"/>. It is what adapters make of the pieces when a stream was cut.
    /// </summary>
    BrokenToolCall = 16,
}
