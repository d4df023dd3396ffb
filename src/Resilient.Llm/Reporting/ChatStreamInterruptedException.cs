using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A stream broke after content had reached the caller, and no other model went on with it: it could not safely be continued, no model was left, or the policy forbids it.</summary>
/// <remarks>The inner exception is the break itself. <see cref="PartialResponse"/> is personal data: do not log it.</remarks>
public sealed class ChatStreamInterruptedException : ResilientChatException
{
    /// <summary>Creates the exception; outside of a ladder, for tests of how an application takes it.</summary>
    /// <param name="message">Names the candidate and the kind of failure, never content.</param>
    /// <param name="kind">How the stream broke.</param>
    /// <param name="partialResponse">What the caller had received.</param>
    /// <param name="report">Who was streaming, and what had failed before.</param>
    /// <param name="innerException">The break itself; null where there is none.</param>
    public ChatStreamInterruptedException(
        string message, FailureKind kind, ChatResponse partialResponse, ResilienceReport report, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(partialResponse);
        ArgumentNullException.ThrowIfNull(report);
        Kind = kind;
        PartialResponse = partialResponse;
        Report = report;
    }

    /// <summary>How the stream broke.</summary>
    public override FailureKind Kind { get; }

    /// <summary>What the caller had received: everything, and nothing more.</summary>
    public ChatResponse PartialResponse { get; }

    /// <summary>Who was streaming, and what had failed before.</summary>
    public ResilienceReport Report { get; }
}
