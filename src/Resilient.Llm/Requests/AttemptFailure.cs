namespace Resilient.Llm.Requests;

/// <summary>How a call failed: its meaning, and the exception thrown when it leaves this library's layers.</summary>
/// <remarks>
/// Classified once, by the first layer above the call that knows the endpoint's failure table; the layers above read that result. A layer
/// with another table, as in hand-made compositions, classifies for itself. Used by one thread at a time, like its attempt.
/// </remarks>
/// <param name="exception">The exception, with the stack of its throw, if it was thrown.</param>
/// <param name="stated">Its meaning, if the layer that makes the failure states it; null if it is to be classified.</param>
internal sealed class AttemptFailure(Exception exception, ChatFailure? stated = null)
{
    private ChatFailureClassifier? _classifier;
    private ChatFailure? _meaning;

    public Exception Exception { get; } = exception;

    /// <summary>The meaning that its maker stated; null if there is none, or if a layer has classified the failure since.</summary>
    public ChatFailure? Stated => _classifier is null ? stated : null;

    /// <summary>What the failure means to a layer with a failure table.</summary>
    public ChatFailure Classify(ChatFailureClassifier classifier, CancellationToken callerToken)
    {
        if (!ReferenceEquals(_classifier, classifier))
        {
            _meaning = classifier.Classify(Exception, callerToken);
            _classifier = classifier;
        }

        return _meaning!;
    }

    /// <summary>What it means to a layer without one: as classified, as a failed ladder states, or by the built-in table.</summary>
    public ChatFailure AsClassified(CancellationToken callerToken) =>
        _meaning ??= Exception is ChatUnavailableException ladder
            ? new(ladder.Kind, ladder.RetryAfter, ladder)
            : ChatFailureClassifier.Default.Classify(Exception, callerToken);
}
