using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>
/// A stream broke after content had reached the caller, and was not continued: it was not safe, no model was left, or the policy forbids
/// it.
/// </summary>
/// <remarks>The inner exception is the break itself. <see cref="PartialResponse"/> is personal data: do not log it.</remarks>
public sealed class ChatStreamInterruptedException : ResilientChatException
{
    /// <summary>Creates the exception outside a ladder, for tests of an application's error handling.</summary>
    /// <param name="message">Names the step and the kind of failure, never content.</param>
    /// <param name="kind">How the stream broke.</param>
    /// <param name="partialResponse">What the caller had received.</param>
    /// <param name="report">Which endpoint was streaming, and what had failed before.</param>
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

    /// <summary>Gets how the stream broke.</summary>
    public override FailureKind Kind { get; }

    /// <summary>Gets exactly what the caller had received.</summary>
    public ChatResponse PartialResponse { get; }

    /// <summary>Gets which endpoint was streaming, and what had failed before.</summary>
    public ResilienceReport Report { get; }
}
