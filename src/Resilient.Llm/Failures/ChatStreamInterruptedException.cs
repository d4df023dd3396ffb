using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A stream broke after content had reached the caller, so no other candidate could take over unseen.</summary>
/// <remarks>The inner exception is the break itself. <see cref="PartialResponse"/> is personal data: do not log it.</remarks>
public sealed class ChatStreamInterruptedException : ResilientChatException
{
    internal ChatStreamInterruptedException(string message, FailureKind kind, ChatResponse partialResponse, ResilienceReport report, Exception innerException)
        : base(message, innerException)
    {
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
