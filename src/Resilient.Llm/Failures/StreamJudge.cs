using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Failures;

/// <summary>Finds out, update by update, whether a stream that ends without an exception was an answer.</summary>
/// <remarks>
/// A mutable struct: keep it in a field and do not copy it. Pass every update to <see cref="Observe"/>. When that returns
/// <see cref="UpdateKind.Error"/>, do not pass the update on and throw what <see cref="End"/> returns; otherwise call <see cref="End"/>
/// when the stream has ended. A continuation token does not excuse a missing finish reason: resumable streams carry one on every update,
/// also on the last before a cut.
/// </remarks>
internal struct StreamJudge(bool requireFinishReason)
{
    private ChatFinishReason? _finishReason;
    private ErrorContent? _error;
    private UpdateKind _seen;

    public readonly UpdateKind Seen => _seen;

    public readonly bool HasReachedLength => _finishReason == ChatFinishReason.Length;

    public UpdateKind Observe(ChatResponseUpdate update)
    {
        var kind = UpdateClassifier.Classify(update);
        if (update.FinishReason is { } reason)
        {
            _finishReason = reason;
        }

        if (kind >= UpdateKind.Error)
        {
            kind = ObserveTrouble(update, kind);
        }

        _seen |= kind;
        return kind;
    }

    /// <summary>Why the stream was not an answer; null when it was one.</summary>
    public readonly ChatAnswerRejectedException? End()
    {
        if (AnswerJudge.IsFiltered(_finishReason))
        {
            return AnswerJudge.Filtered(null);
        }

        if ((_seen & UpdateKind.Error) != 0)
        {
            return _error is null ? CutOff() : AnswerJudge.InBand(_error, null);
        }

        return requireFinishReason && _finishReason is null ? CutOff()
            : (_seen & UpdateKind.Content) == 0 ? AnswerJudge.Empty(null)
            : null;
    }

    private UpdateKind ObserveTrouble(ChatResponseUpdate update, UpdateKind kind)
    {
        if ((kind & UpdateKind.Error) != 0)
        {
            _error ??= update.Contents.OfType<ErrorContent>().FirstOrDefault();
            return UpdateKind.Error;
        }

        // Adapters report the end first and the assembled call last. A broken call without an end is left by a stream that was cut.
        return requireFinishReason && _finishReason is null ? UpdateKind.Error : kind;
    }

    private static ChatAnswerRejectedException CutOff() =>
        new(
            "The stream ended without a finish reason: it was cut off. "
            + "If this client never reports one, set RequireFinishReasonOnStreams to false.",
            FailureKind.InvalidResponse);
}
