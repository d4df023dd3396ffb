namespace Resilient.Llm;

/// <summary>Every rung of the ladder failed, declined or was passed over.</summary>
/// <remarks>The inner exception is the first failure: the one of the best rung. <see cref="ResilientChatException.RetryAfter"/> is when the earliest candidate reopens.</remarks>
public sealed class ChatUnavailableException : ResilientChatException
{
    internal ChatUnavailableException(string message, FailureKind kind, ResilienceReport report, Exception? first, Exception? last)
        : base(message, first)
    {
        Kind = kind;
        Report = report;
        LastFailure = last;
    }

    /// <summary>What went wrong with the last candidate tried.</summary>
    public override FailureKind Kind { get; }

    /// <summary>Every candidate, with the reason it did not answer.</summary>
    public ResilienceReport Report { get; }

    /// <summary>The failure of the last candidate that was called; null when none was.</summary>
    public Exception? LastFailure { get; }
}
