using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;

namespace Resilient.Llm;

/// <content>Used alone, outside a ladder: a stored answer in place of a failure.</content>
public sealed partial class CachedAnswerChatClient
{
    /// <summary>Whether a stored answer may replace a failure: not if the caller has left.</summary>
    private bool MayCover(in AnswerQuestion question, Exception failure, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested && question.Context is not { IsCancelledByCaller: true } && _isCovered(failure);

    private ValueTask<StoredAnswer?> FindCoverAsync(in AnswerQuestion question, CancellationToken cancellationToken) =>
        _cache.FindAsync(question.Key, question.Residency, firstStepOnly: false, question.Deadline, cancellationToken);

    private async Task<CallOutcome> CoveredAsync(
        AnswerQuestion question, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        CallOutcome outcome;
        try
        {
            outcome = await _next.TryGetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Application code in a layer threw before the call: covered like a failed call.
            outcome = new(exception);
        }

        return outcome.Failure is { Exception: var failure }
            && MayCover(question, failure, cancellationToken)
            && await FindCoverAsync(question, cancellationToken).ConfigureAwait(false) is { } stored
                ? new(stored.Content.ToResponse())
                : Recorded(question, outcome);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> CoverAsync(
        AnswerQuestion question,
        CachedAnswerStream stream,
        CancellationToken callerToken,
        [EnumeratorCancellation] CancellationToken enumeratorToken)
    {
        var gate = new CommitGate();
        var updates = stream.GetAsyncEnumerator(enumeratorToken);
        await using var _ = updates.ConfigureAwait(false);
        while (!gate.IsCommitted)
        {
            StoredAnswer? stored = null;
            try
            {
                await gate.PullAsync(updates).ConfigureAwait(false);
            }
            catch (Exception failure) when (!enumeratorToken.IsCancellationRequested && MayCover(question, failure, callerToken))
            {
                var token = callerToken.CanBeCanceled ? callerToken : enumeratorToken;
                stored = await FindCoverAsync(question, token).ConfigureAwait(false);
                if (stored is null)
                {
                    throw;
                }
            }

            if (stored is not null)
            {
                foreach (var update in stored.Content.ToUpdates())
                {
                    yield return update;
                }

                yield break;
            }

            while (gate.TryTake(out var held))
            {
                yield return held;
            }
        }

        while (await updates.MoveNextAsync().ConfigureAwait(false))
        {
            yield return updates.Current;
        }
    }
}
