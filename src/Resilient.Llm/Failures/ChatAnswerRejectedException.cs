using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>
/// The provider reported success, but the answer is empty, an error in disguise, filtered, truncated or refused by a validator.
/// </summary>
public sealed class ChatAnswerRejectedException : ResilientChatException
{
    internal ChatAnswerRejectedException(string message, FailureKind kind, ChatResponse? response = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Response = response;
    }

    /// <summary>
    /// Gets <see cref="FailureKind.InvalidResponse"/>, <see cref="FailureKind.ContentFiltered"/>, or the kind of an error inside the
    /// answer.
    /// </summary>
    public override FailureKind Kind { get; }

    /// <summary>Gets the answer as received; null for streams. Personal data: do not log it.</summary>
    public ChatResponse? Response { get; }

    /// <summary>Gets what <see cref="ChatFailureOptions.ValidateAnswer"/> returned; null when it did not refuse the answer.</summary>
    /// <remarks>May quote the answer: do not log it.</remarks>
    public string? Reason { get; internal init; }
}
