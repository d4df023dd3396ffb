namespace Resilient.Llm;

/// <summary>Base of the exceptions that this library raises. Failures of providers keep their types, as inner exceptions.</summary>
/// <remarks>Messages never contain prompts, answers, keys or host names.</remarks>
public abstract class ResilientChatException : Exception
{
    private protected ResilientChatException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Gets what went wrong.</summary>
    public abstract FailureKind Kind { get; }

    /// <summary>The kind a classifier reports: the exception's own, unless it speaks for a whole ladder.</summary>
    internal virtual FailureKind KindToClassifiers => Kind;

    /// <summary>Gets how long to wait before asking again; null when unknown.</summary>
    public TimeSpan? RetryAfter { get; internal init; }
}
