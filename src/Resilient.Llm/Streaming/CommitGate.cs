using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>Holds a stream's preamble back until its first content, so that a candidate which fails before it can be replaced unseen.</summary>
/// <remarks>
/// Roles, ids, empty text and usage are held and replayed on commit. Reasoning is let through at once, behind what was held before it, but
/// does not commit: another candidate may still take over. One consumer at a time.
/// </remarks>
internal sealed class CommitGate
{
    // A preamble is a handful of updates. Beyond this many, those that carry nothing are dropped rather than held.
    private const int MostHeld = 64;

    // Nobody sends this many updates without content but a broken or hostile provider.
    private const int MostPreamble = 100_000;

    private readonly Queue<ChatResponseUpdate> _held = new(4);

    /// <summary>Whether content was seen: from here on nobody else can take over.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>The update that brought the first content; null until then, and where a stream ended without any.</summary>
    public ChatResponseUpdate? FirstContent { get; private set; }

    /// <summary>Reads on until there is something to deliver.</summary>
    /// <returns>True: take it with <see cref="TryTake"/>. False: the stream ended and nothing is held.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> PullAsync(IAsyncEnumerator<ChatResponseUpdate> inner)
    {
        for (var count = 0; await inner.MoveNextAsync().ConfigureAwait(false); count++)
        {
            var update = inner.Current;
            var kind = UpdateClassifier.Classify(update);
            if (kind != UpdateKind.Preamble)
            {
                IsCommitted = kind.Commits();
                FirstContent = IsCommitted ? update : null;
                _held.Enqueue(update);
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

        IsCommitted = true;
        return _held.Count > 0;
    }

    /// <summary>How many updates wait to be delivered.</summary>
    public int Held => _held.Count;

    /// <summary>Committed, and nothing left to replay: every further update goes straight through.</summary>
    public bool IsPassing => IsCommitted && _held.Count == 0;

    public bool TryTake([NotNullWhen(true)] out ChatResponseUpdate? update) => _held.TryDequeue(out update);

    /// <summary>Forgets the preamble of a candidate that failed.</summary>
    public void Discard() => _held.Clear();
}
