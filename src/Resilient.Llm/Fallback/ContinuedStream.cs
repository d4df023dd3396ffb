using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Continuation;
using Resilient.Llm.Reporting;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>The rest of a broken answer from another model, delivered as part of the same message.</summary>
/// <remarks>
/// Delivers nothing until its text fits what the caller has. Its reasoning, and what its provider's own tools did, is left out: no model
/// accepts back those of two models.
/// Its updates are changed and therefore copies. One consumer at a time.
/// </remarks>
internal sealed class ContinuedStream(
    Continuations continuations, Attempt attempt, PartialAnswer partial, CancellationToken cancellationToken)
    : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly StreamAttempt _stream = new(attempt, cancellationToken);
    private readonly OverlapTrimmer _overlap = new(partial.Text);

    // Updates held while the overlap is undecided, and updates ready for the caller.
    private readonly List<ChatResponseUpdate> _held = [];
    private readonly Queue<ChatResponseUpdate> _ready = new();
    private bool _hasEnded;

    /// <summary>Whether the caller has received some of it. Until then another model can take its place.</summary>
    public bool HasJoined { get; private set; }

    public ChatResponseUpdate Current { get; private set; } = null!;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextAsync()
    {
        while (true)
        {
            if (_ready.TryDequeue(out var next))
            {
                Current = next;
                return true;
            }

            if (_hasEnded)
            {
                return false;
            }

            if (await _stream.ReadAsync().ConfigureAwait(false) is { } update)
            {
                Take(update);
            }
            else
            {
                _hasEnded = true;
                Join(_overlap.End(out var rest), rest);
            }
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private void Take(ChatResponseUpdate update)
    {
        if (update.GetResilienceReport() is { Source: AnswerSource.Cache or AnswerSource.LastResort })
        {
            // An inner ladder whose models have failed too: its stored answer or last resort is no part of this answer.
            throw new ChatAnswerRejectedException("The continuation is no model's.", FailureKind.InvalidResponse);
        }

        var own = Adapt(update);
        if (HasJoined)
        {
            // An inner ladder's closing update carries only that ladder's report, and would put it on the message.
            var isEmpty = own.Contents.Count == 0 && (update.Contents.Count > 0 || ReportAnnotation.IsOn(update));
            if (!isEmpty || own.FinishReason is not null)
            {
                _ready.Enqueue(own);
            }

            return;
        }

        var text = TextOf(own, out var isMore);
        if (own.Contents.Count > 0 || isMore)
        {
            _held.Add(own);
        }

        var verdict = _overlap.Feed(text, out var released);
        if (verdict == OverlapResult.Pending && isMore)
        {
            // Content other than text cannot wait for more text.
            verdict = _overlap.End(out released);
        }

        if (verdict != OverlapResult.Pending)
        {
            Join(verdict, released);
        }
    }

    /// <summary>The overlap is decided: releases the held updates without the text that the caller already has.</summary>
    private void Join(OverlapResult verdict, string text)
    {
        if (HasJoined)
        {
            return;
        }

        if (verdict == OverlapResult.Unfit)
        {
            throw new ChatAnswerRejectedException(
                "The continuation does not fit: it starts over, or speaks of itself.", FailureKind.InvalidResponse);
        }

        HasJoined = true;
        continuations.Joined();
        foreach (var update in _held)
        {
            // The remaining text goes where the first text was.
            Replace(update, ref text);
            if (update.Contents.Count > 0 || update.FinishReason is not null)
            {
                _ready.Enqueue(update);
            }
        }

        _held.Clear();
    }

    private ChatResponseUpdate Adapt(ChatResponseUpdate update)
    {
        var own = update.Clone();
        own.Contents = [.. update.Contents.Where(IsOfTheAnswer)];
        own.MessageId = partial.MessageId;
        own.ResponseId = partial.ResponseId;
        own.AuthorName = partial.AuthorName;
        own.CreatedAt = partial.CreatedAt;
        own.ConversationId = null;
        return own;
    }

    /// <summary>No model accepts back the reasoning, or the searches, of two models in one message.</summary>
    private static bool IsOfTheAnswer(AIContent content) =>
        content is not TextReasoningContent && UpdateClassifier.Classify(content) != UpdateKind.HostedTool;

    /// <param name="update">An update.</param>
    /// <param name="isMore">Whether it also brings what the overlap check does not see: a tool call, data, the end.</param>
    private static string TextOf(ChatResponseUpdate update, out bool isMore)
    {
        isMore = update.FinishReason is not null;
        var text = "";
        foreach (var content in update.Contents)
        {
            if (content is TextContent piece)
            {
                text += piece.Text;
            }
            else
            {
                isMore |= UpdateClassifier.Classify(content).Commits();
            }
        }

        return text;
    }

    private static void Replace(ChatResponseUpdate update, ref string text)
    {
        for (var i = 0; i < update.Contents.Count; i++)
        {
            if (update.Contents[i] is not TextContent piece)
            {
                continue;
            }

            if (piece.Text == text)
            {
                text = "";
                continue;
            }

            // The delivered text differs from what the provider sent.
            update.RawRepresentation = null;
            if (text.Length == 0)
            {
                update.Contents.RemoveAt(i--);
                continue;
            }

            update.Contents[i] = new TextContent(text)
            {
                AdditionalProperties = piece.AdditionalProperties,
                Annotations = piece.Annotations,
            };
            text = "";
        }
    }
}
