namespace Resilient.Llm;

/// <summary>The request goes on with a conversation whose state one endpoint holds, and that endpoint did not answer. No other was asked: no other can know it.</summary>
/// <remarks>Ask again later, or begin a new conversation: without a <c>ConversationId</c>, with the messages so far.</remarks>
public sealed class ConversationUnavailableException : ChatUnavailableException
{
    /// <summary>Creates the exception; outside of a ladder, for tests of how an application takes it.</summary>
    /// <param name="message">Names candidates and kinds of failure, never content or ids.</param>
    /// <param name="kind">What went wrong with the endpoint.</param>
    /// <param name="report">Every candidate, with the reason it did not answer.</param>
    /// <param name="first">The failure of the first candidate that was called; null when none was.</param>
    /// <param name="last">The failure of the last candidate that was called; null when none was.</param>
    public ConversationUnavailableException(string message, FailureKind kind, ResilienceReport report, Exception? first = null, Exception? last = null)
        : base(message, kind, report, first, last)
    {
    }
}
