using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Failures;

/// <summary>Finds out, update by update, how a stream ends, and whether what ends without an exception was an answer.</summary>
/// <remarks>
/// A mutable struct: keep it in a field and do not copy it. Pass every update to <see cref="Observe"/>, which may replace it. When that
/// returns <see cref="UpdateKind.Error"/>, do not pass the update on and throw what <see cref="End"/> returns; otherwise call
/// <see cref="End"/> when the stream has ended. A continuation token does not excuse a missing finish reason: resumable streams carry one
/// on every update, also on the last before a cut.
/// </remarks>
internal struct StreamJudge(bool requireFinishReason)
{
    private ChatFinishReason? _finishReason;
    private ErrorContent? _error;
    private UpdateKind _seen;

    // Only for streams with a refusal or with pieces of tool calls.
    private UnfinishedEnd? _unfinished;

    public readonly UpdateKind Seen => _seen;

    /// <summary>Whether the model has begun to refuse.</summary>
    public readonly bool IsRefused => _unfinished is { IsRefused: true };

    /// <summary>Judges an update.</summary>
    /// <param name="update">
    /// The update; on return, what to pass on. A reason that only the raw representation has is put onto a copy, and a tool call that
    /// cannot be read is kept back until the reason is known.
    /// </param>
    public UpdateKind Observe(ref ChatResponseUpdate update)
    {
        var kind = UpdateClassifier.Classify(update);
        if (kind == UpdateKind.Preamble)
        {
            kind = ObservePreamble(ref update);
        }

        if (update.FinishReason is { } reason)
        {
            _finishReason = reason;
        }

        if ((kind & (UpdateKind.Error | UpdateKind.BrokenToolCall)) != 0)
        {
            kind = ObserveTrouble(ref update, kind);
        }

        if (_unfinished is not null && update.FinishReason is not null)
        {
            kind = Finish(ref update, kind);
        }

        _seen |= kind;
        return kind;
    }

    /// <summary>Whether a stream that ended, or failed, has said how its answer ended.</summary>
    /// <param name="failure">What it threw; null if it ended normally.</param>
    /// <param name="last">An update that tells the caller the end, to be passed on behind all others; null for none.</param>
    /// <returns>False: the failure stands.</returns>
    public readonly bool IsOver(Exception? failure, out ChatResponseUpdate? last)
    {
        last = null;
        if (_finishReason is null && _unfinished is { IsRefused: true })
        {
            // What was refused is refused, however the connection ended.
            last = new() { FinishReason = ChatFinishReason.ContentFilter };
            return true;
        }

        if (failure is null)
        {
            return true;
        }

        if (!UnreadableAnswer.Is(failure, out var word))
        {
            return false;
        }

        if (word is not null && (_seen & UpdateKind.Content) != 0 && _unfinished is not { IsCallMissing: true })
        {
            last = new() { FinishReason = new(word) };
        }

        return true;
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
            return _error is null ? AnswerJudge.BrokenToolCall(null) : AnswerJudge.InBand(_error, null);
        }

        return requireFinishReason && _finishReason is null ? CutOff()
            : _unfinished is { BrokenCalls.Count: > 0 } ? AnswerJudge.BrokenToolCall(null)
            : AnswerJudge.WhyEmpty(_seen, _finishReason, null);
    }

    private UpdateKind ObservePreamble(ref ChatResponseUpdate update)
    {
        // OllamaSharp makes an update of this role of a line that it does not know. It would begin a message of its own.
        if (update.Role?.Value == "unknown")
        {
            update = update.Clone();
            update.Role = null;
        }

        var end = RawEndReader.Read(update.RawRepresentation);
        switch (end.Kind)
        {
            case RawEndKind.Incomplete when update.FinishReason is null && end.Reason is { } reason:
                update = update.Clone();
                update.FinishReason = reason;
                break;
            case RawEndKind.Failed:
                update = With(update, [end.Error!]);
                return UpdateKind.Error;
            case RawEndKind.Refusal:
                (_unfinished ??= new()).Refuse(end.Word!);
                break;
            case RawEndKind.ToolCall:
                (_unfinished ??= new()).IsCallMissing = true;
                break;
        }

        return UpdateKind.Preamble;
    }

    private UpdateKind ObserveTrouble(ref ChatResponseUpdate update, UpdateKind kind)
    {
        if ((kind & UpdateKind.Error) != 0)
        {
            _error ??= update.Contents.OfType<ErrorContent>().FirstOrDefault();
            if (ErrorCodes.Specific(_error?.ErrorCode) == FailureKind.ContentFiltered)
            {
                (_unfinished ??= new()).NoteShown();
            }

            return UpdateKind.Error;
        }

        if (_finishReason == ChatFinishReason.Length)
        {
            return kind;
        }

        if (_finishReason is not null)
        {
            return UpdateKind.Error;
        }

        // Some adapters report the end first and the assembled call last, others a call that the token limit cut before the reason.
        var calls = update.Contents.Where(UpdateClassifier.IsBrokenToolCall).ToList();
        (_unfinished ??= new()).BrokenCalls.AddRange(calls);
        update = update.Clone();
        update.Contents = [.. update.Contents.Where(static content => !UpdateClassifier.IsBrokenToolCall(content))];
        return UpdateClassifier.Classify(update);
    }

    /// <summary>The reason is here: what waited for it is passed on with it, or is a failure.</summary>
    private UpdateKind Finish(ref ChatResponseUpdate update, UpdateKind kind)
    {
        var unfinished = _unfinished!;
        if (unfinished.IsRefused)
        {
            var refusal = unfinished.TakeRefusal();
            _finishReason = ChatFinishReason.ContentFilter;
            _error ??= refusal;
            update = With(update, refusal is null ? [] : [refusal]);
            update.FinishReason = ChatFinishReason.ContentFilter;
            return refusal is null ? kind : UpdateKind.Error;
        }

        if (unfinished.BrokenCalls.Count == 0)
        {
            return kind;
        }

        if (_finishReason != ChatFinishReason.Length)
        {
            return UpdateKind.Error;
        }

        update = With(update, unfinished.BrokenCalls);
        unfinished.BrokenCalls.Clear();
        return UpdateClassifier.Classify(update);
    }

    private static ChatResponseUpdate With(ChatResponseUpdate update, IEnumerable<AIContent> contents)
    {
        var copy = update.Clone();
        copy.Contents = [.. update.Contents, .. contents];
        return copy;
    }

    private static ChatAnswerRejectedException CutOff() =>
        new(
            "The stream ended without a finish reason: it was cut off. "
            + "If this client never reports one, set RequireFinishReasonOnStreams to false.",
            FailureKind.InvalidResponse);
}
