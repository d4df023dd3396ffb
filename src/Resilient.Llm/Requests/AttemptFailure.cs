namespace Resilient.Llm.Requests;

/// <summary>How a call failed: the exception that will be thrown where it leaves our layers, and what it means.</summary>
/// <remarks>
/// Classified once, by the first layer above the failed call that knows the endpoint's failure table; the layers above it read that
/// result. A layer with another table of its own, as hand-made compositions may have, classifies for itself. Used by one thread at a
/// time, like the attempt it belongs to.
/// </remarks>
/// <param name="exception">The exception, with the stack of the place that threw it, if one did.</param>
internal sealed class AttemptFailure(Exception exception)
{
    private ChatFailureClassifier? _classifier;
    private ChatFailure? _meaning;

    public Exception Exception { get; } = exception;

    /// <summary>What the failure means to a layer that has a failure table.</summary>
    public ChatFailure Classify(ChatFailureClassifier classifier, CancellationToken callerToken)
    {
        if (!ReferenceEquals(_classifier, classifier))
        {
            _meaning = classifier.Classify(Exception, callerToken);
            _classifier = classifier;
        }

        return _meaning!;
    }

    /// <summary>
    /// What the failure means to a layer without a table: as it was classified, as a ladder says that failed as a whole, or else by the
    /// built-in table.
    /// </summary>
    public ChatFailure AsClassified(CancellationToken callerToken) =>
        _meaning ??= Exception is ChatUnavailableException ladder
            ? new(ladder.Kind, ladder.RetryAfter, ladder)
            : ChatFailureClassifier.Default.Classify(Exception, callerToken);
}
