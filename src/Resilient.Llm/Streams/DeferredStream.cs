using Microsoft.Extensions.AI;

namespace Resilient.Llm.Streams;

/// <summary>
/// A stream that does nothing until it is enumerated, and starts anew each time it is: what a streaming decorator returns.
/// </summary>
/// <param name="state">
/// What <paramref name="start"/> needs, the token of the streaming method among it; a <c>static</c> lambda then allocates nothing.
/// </param>
/// <param name="start">
/// Makes the enumerator of one enumeration. Its token is the one of <see cref="GetAsyncEnumerator"/> alone: use
/// <see cref="CancellationTokens.Combine"/>
/// with that of the streaming method. It should only build: work and failures belong into the first <c>MoveNextAsync</c>, as callers
/// expect of an async iterator.
/// </param>
/// <remarks>Thread-safe if <paramref name="start"/> is: it holds no state of an enumeration.</remarks>
internal sealed class DeferredStream<TState>(TState state, Func<TState, CancellationToken, IAsyncEnumerator<ChatResponseUpdate>> start)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        start(state, cancellationToken);
}
