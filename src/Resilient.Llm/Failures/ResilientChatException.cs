namespace Resilient.Llm;

/// <summary>Base of the exceptions that this library raises itself. Failures of providers keep their own types, as inner exceptions.</summary>
/// <remarks>Messages never contain prompts, answers, keys or host names.</remarks>
public abstract class ResilientChatException : Exception
{
    private protected ResilientChatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What went wrong, in the library's vocabulary.</summary>
    public abstract FailureKind Kind { get; }

    /// <summary>What a classifier says of the exception: its own kind, where it does not speak for something larger.</summary>
    internal virtual FailureKind KindToClassifiers => Kind;

    /// <summary>How long to wait before asking again; null when unknown.</summary>
    public TimeSpan? RetryAfter { get; internal init; }
}
