using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>One attempt at a stream: a step's enumerator, with a <see cref="CommitGate"/> up to its first content.</summary>
/// <remarks>One consumer at a time. May be abandoned from another thread, also while it is being opened.</remarks>
internal sealed class StreamAttempt(in Attempt attempt, CancellationToken cancellationToken) : IAsyncDisposable
{
    private InnerStream _inner;

    public Attempt Attempt { get; } = attempt;

    public CommitGate Gate { get; } = new();

    /// <summary>What the caller has seen of it.</summary>
    public AttemptDelivery Delivered { get; set; }

    /// <summary>Reads on until there is something to deliver. Opens the stream the first time.</summary>
    public ValueTask<bool> PullAsync() => Gate.PullAsync(_inner.Stream ?? Open());

    /// <summary>Reads one update without the gate: for a reader that does not deliver the stream as it is.</summary>
    public async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        var inner = _inner.Stream ?? Open();
        return await inner.MoveNextAsync().ConfigureAwait(false) ? inner.Current : null;
    }

    /// <summary>Hands the enumerator to a new owner, which reads and disposes it.</summary>
    public IAsyncEnumerator<ChatResponseUpdate> Take() => _inner.Take();

    /// <summary>Abandons it without waiting, also while a move is pending.</summary>
    public void Abandon() => DetachedWork.Dispose(this);

    public ValueTask DisposeAsync() => _inner.CloseAsync();

    private IAsyncEnumerator<ChatResponseUpdate> Open() =>
        _inner.Keep(Attempt.Step.Client!
            .GetStreamingResponseAsync(Attempt.Messages, Attempt.Options, cancellationToken)
            .GetAsyncEnumerator(cancellationToken));
}
