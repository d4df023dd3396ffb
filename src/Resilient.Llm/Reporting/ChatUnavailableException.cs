using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>Every rung of the ladder failed, declined or was passed over.</summary>
/// <remarks>The inner exception is the first failure: the one of the best rung. <see cref="ResilientChatException.RetryAfter"/> is when the earliest candidate reopens.</remarks>
public class ChatUnavailableException : ResilientChatException
{
    /// <summary>Creates the exception; outside of a ladder, for tests of how an application takes it.</summary>
    /// <param name="message">Names candidates and kinds of failure, never content.</param>
    /// <param name="kind">What went wrong with the last candidate tried.</param>
    /// <param name="report">Every candidate, with the reason it did not answer.</param>
    /// <param name="first">The failure of the best rung; null when none was called.</param>
    /// <param name="last">The failure of the last candidate that was called; null when none was.</param>
    public ChatUnavailableException(string message, FailureKind kind, ResilienceReport report, Exception? first = null, Exception? last = null)
        : base(message, first)
    {
        ArgumentNullException.ThrowIfNull(report);
        Kind = kind;
        Report = report;
        LastFailure = last;
    }

    /// <summary>What went wrong with the last candidate tried.</summary>
    public override FailureKind Kind { get; }

    /// <summary>A ladder inside another one is a single endpoint to it: what its last model said of the request is not a verdict on that endpoint.</summary>
    internal override FailureKind KindToClassifiers =>
        FailureTable.Of(Kind).Subject == FailureSubject.Request ? FailureKind.Unknown : Kind;

    /// <summary>Every candidate, with the reason it did not answer.</summary>
    public ResilienceReport Report { get; }

    /// <summary>The failure of the last candidate that was called; null when none was.</summary>
    public Exception? LastFailure { get; }
}
