using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Streams;

/// <summary>Holds back a stream's updates until its first content, so that a model that fails before it can be replaced unseen.</summary>
/// <remarks>
/// Roles, ids, empty text and usage are held and replayed on commit. Reasoning, and what the provider's own tools do, is delivered at once,
/// after what was held before it, but does not commit: another model may still take over. One consumer at a time.
/// </remarks>
internal sealed class CommitGate
{
    // A preamble is a few updates. Beyond this many, empty ones are dropped instead of held.
    private const int MostHeld = 64;

    // Only a broken or hostile provider sends this many updates without content.
    private const int MostPreamble = 100_000;

    private readonly Queue<ChatResponseUpdate> _held = new(4);

    // The last one read, after those held. Not copied: it is mostly taken before the provider continues.
    private ChatResponseUpdate? _latest;

    /// <summary>Whether content was seen: from then on no other model can take over.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>Whether the stream has ended without content: there is nothing beyond what is held.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The update with the first content; null until then, and if the stream ended without any.</summary>
    public ChatResponseUpdate? FirstContent { get; private set; }

    /// <summary>The report of a model that is a ladder itself, seen by the first content; null of any other.</summary>
    public ResilienceReport? Report { get; private set; }

    /// <summary>Reads on until there is something to deliver.</summary>
    /// <returns>True: take it with <see cref="TryTake"/>. False: the stream ended and nothing is held.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> PullAsync(IAsyncEnumerator<ChatResponseUpdate> inner)
    {
        if (_latest is { } left)
        {
            // Not taken yet, for example by a hedge, which holds reasoning until its race is decided. The provider may now reuse it.
            _held.Enqueue(HeldUpdate.Of(left));
            _latest = null;
        }

        for (var count = 0; await inner.MoveNextAsync().ConfigureAwait(false); count++)
        {
            var update = inner.Current;
            var kind = UpdateClassifier.Classify(update);
            if (update.AdditionalProperties is not null)
            {
                Report = update.GetResilienceReport() ?? Report;
            }

            if (kind != UpdateKind.Preamble)
            {
                IsCommitted = kind.Commits();
                FirstContent = IsCommitted ? update : null;
                _latest = update;
                return true;
            }

            if (_held.Count < MostHeld || update.Contents.Count > 0 || update.FinishReason is not null)
            {
                _held.Enqueue(HeldUpdate.Of(update));
            }

            if (count == MostPreamble)
            {
                throw new ChatAnswerRejectedException("The stream goes on and on without any content.", FailureKind.InvalidResponse);
            }
        }

        IsCommitted = HasEnded = true;
        return _held.Count > 0;
    }

    /// <summary>How many updates wait for delivery.</summary>
    public int Held => _held.Count + (_latest is null ? 0 : 1);

    /// <summary>Committed, with nothing left to replay: further updates pass directly.</summary>
    public bool IsPassing => IsCommitted && Held == 0;

    public bool TryTake([NotNullWhen(true)] out ChatResponseUpdate? update)
    {
        if (!_held.TryDequeue(out update))
        {
            update = _latest;
            _latest = null;
        }

        return update is not null;
    }

    /// <summary>Drops the preamble of a model that failed.</summary>
    public void Discard()
    {
        _held.Clear();
        _latest = null;
    }
}
