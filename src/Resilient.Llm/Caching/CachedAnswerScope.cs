namespace Resilient.Llm;

/// <summary>Which messages make two questions the same.</summary>
public enum CachedAnswerScope
{
    /// <summary>All of them.</summary>
    WholeConversation = 0,

    /// <summary>
    /// The system messages and the last message of the user: what was said in between is ignored, so an answer may be served in a conversation
    /// in which it means something else. For question-and-answer services without memory. Requests with tools, or with messages that hold tool calls,
    /// tool results or approvals, are not cached under this scope; nor are requests in which somebody spoke after the user.
    /// </summary>
    SystemAndLastUserMessage,
}
