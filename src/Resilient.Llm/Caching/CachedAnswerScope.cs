namespace Resilient.Llm;

/// <summary>Which messages make two questions the same.</summary>
public enum CachedAnswerScope
{
    /// <summary>All messages.</summary>
    WholeConversation = 0,

    /// <summary>
    /// The system messages and the last user message. Messages between are ignored, so an answer may be served in a conversation in which
    /// it means something else: for question-and-answer services without memory. Not cached under this scope: requests with tools, with
    /// messages that hold tool calls, tool results or approvals, or with a message after the user's last.
    /// </summary>
    SystemAndLastUserMessage,
}
