namespace Resilient.Llm;

/// <summary>The call was not made: our own rate limiter or a cooldown refused it. <see cref="ResilientChatException.RetryAfter"/> says for how long.</summary>
public sealed class ChatCallRejectedException : ResilientChatException
{
    internal ChatCallRejectedException(string message)
        : base(message, null)
    {
    }

    /// <inheritdoc/>
    public override FailureKind Kind => FailureKind.Rejected;
}
