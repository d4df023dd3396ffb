using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A provider reported success, but its answer is none: empty, an error in disguise, filtered, cut off or refused by a validator.</summary>
public sealed class ChatAnswerRejectedException : ResilientChatException
{
    internal ChatAnswerRejectedException(string message, FailureKind kind, ChatResponse? response = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Response = response;
    }

    /// <summary><see cref="FailureKind.InvalidResponse"/> or <see cref="FailureKind.ContentFiltered"/>, or what an error inside the answer says.</summary>
    public override FailureKind Kind { get; }

    /// <summary>The answer as it came; null for streams. Personal data: do not log it.</summary>
    public ChatResponse? Response { get; }

    /// <summary>What <see cref="ChatFailureOptions.ValidateAnswer"/> said; null when the answer was refused for another reason.</summary>
    /// <remarks>May quote the answer: do not log it.</remarks>
    public string? Reason { get; internal init; }
}
