using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>Every step of the ladder failed, declined or was skipped.</summary>
/// <remarks>
/// The inner exception is the first failure: the best step's. <see cref="ResilientChatException.RetryAfter"/> is the wait until the first
/// step is available.
/// </remarks>
public class ChatUnavailableException : ResilientChatException
{
    /// <summary>Creates the exception outside a ladder, for tests of an application's error handling.</summary>
    /// <param name="message">Names steps and kinds of failure, never content.</param>
    /// <param name="kind">The outage, see <see cref="Kind"/>.</param>
    /// <param name="report">Every attempt, with the reason for no answer.</param>
    /// <param name="first">The failure of the best step; null when none was called.</param>
    /// <param name="last">The failure of the last step that was called; null when none was.</param>
    public ChatUnavailableException(
        string message, FailureKind kind, ResilienceReport report, Exception? first = null, Exception? last = null)
        : base(message, first)
    {
        ArgumentNullException.ThrowIfNull(report);
        Kind = kind;
        Report = report;
        LastFailure = last;
    }

    /// <summary>
    /// Gets the outage: what went wrong with the last step that failed; if none did, why the last one was not asked. A step that only
    /// refused the request, or does not suit it, counts where there is nothing else.
    /// </summary>
    public override FailureKind Kind { get; }

    /// <summary>
    /// A ladder inside another one is a single endpoint to it: what its last model said of the request is no verdict on that endpoint.
    /// </summary>
    internal override FailureKind KindToClassifiers =>
        FailureTable.Of(Kind).Subject == FailureSubject.Request ? FailureKind.Unknown : Kind;

    /// <summary>Gets every attempt, with the reason for no answer.</summary>
    public ResilienceReport Report { get; }

    /// <summary>Gets the failure of the last step that was called; null when none was.</summary>
    public Exception? LastFailure { get; }
}
