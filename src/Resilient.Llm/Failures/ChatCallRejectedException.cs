namespace Resilient.Llm;

/// <summary>The call was not made: a rate limit or a cooldown refused it for <see cref="ResilientChatException.RetryAfter"/>.</summary>
public sealed class ChatCallRejectedException : ResilientChatException
{
    internal ChatCallRejectedException(string message)
        : base(message, null)
    {
    }

    /// <inheritdoc/>
    public override FailureKind Kind => FailureKind.Rejected;
}
