namespace Resilient.Llm;

/// <summary>
/// The request continues a conversation whose state one endpoint holds, and that endpoint did not answer. No other endpoint knows it, so no
/// other was asked.
/// </summary>
/// <remarks>Ask again later, or begin a new conversation: without a <c>ConversationId</c>, with the messages so far.</remarks>
public sealed class ConversationUnavailableException : ChatUnavailableException
{
    /// <summary>Creates the exception outside a ladder, for tests of an application's error handling.</summary>
    /// <param name="message">Names steps and kinds of failure, never content or ids.</param>
    /// <param name="kind">What went wrong with the endpoint.</param>
    /// <param name="report">Every attempt, with the reason for no answer.</param>
    /// <param name="first">The failure of the first step that was called; null when none was.</param>
    /// <param name="last">The failure of the last step that was called; null when none was.</param>
    public ConversationUnavailableException(
        string message, FailureKind kind, ResilienceReport report, Exception? first = null, Exception? last = null)
        : base(message, kind, report, first, last)
    {
    }
}
