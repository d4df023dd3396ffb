namespace Resilient.Llm;

/// <summary>One failed attempt, classified.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="RetryAfter">How long the provider asked us to wait; null when it did not say.</param>
/// <param name="Exception">The exception it was read from; null when it was read from an answer.</param>
/// <remarks>Immutable and safe to share between threads. Never serialised: exceptions may quote prompts.</remarks>
public sealed record ChatFailure(FailureKind Kind, TimeSpan? RetryAfter = null, Exception? Exception = null)
{
    /// <summary>Whether the endpoint answered with a page for browsers, and so in no provider's error format.</summary>
    internal bool IsPage { get; init; }

    /// <summary>Kind, wait and the exception's type. The message is left out: it may quote a prompt, and this text is logged.</summary>
    public override string ToString() =>
        $"{nameof(ChatFailure)} {{ {Kind}, {nameof(RetryAfter)} = {RetryAfter}, "
        + $"{nameof(Exception)} = {Exception?.GetType().Name} }}";
}
