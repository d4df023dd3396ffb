using Microsoft.Extensions.AI;

namespace Resilient.Llm.Streams;

/// <summary>What a streaming decorator returns: a stream that starts when it is enumerated, anew each time.</summary>
/// <param name="state">
/// What <paramref name="start"/> needs, including the token of the streaming method; a <c>static</c> lambda then allocates nothing.
/// </param>
/// <param name="start">
/// Makes the enumerator of one enumeration. Its token is that of <see cref="GetAsyncEnumerator"/> only: combine it with the method's
/// (<see cref="CancellationTokens.Combine"/>). It only builds: as in an async iterator, work and failures belong into <c>MoveNextAsync</c>.
/// </param>
/// <remarks>Thread-safe if <paramref name="start"/> is: it holds no state of an enumeration.</remarks>
internal sealed class DeferredStream<TState>(TState state, Func<TState, CancellationToken, IAsyncEnumerator<ChatResponseUpdate>> start)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        start(state, cancellationToken);
}
