using Microsoft.Extensions.AI;

namespace Resilient.Llm.Benchmarks;

/// <summary>The least a layer can cost at all: an enumerator written by hand that hands every move on.</summary>
internal sealed class PassThroughEnumerator(IChatClient inner) : DelegatingChatClient(inner)
{
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new Stream(base.GetStreamingResponseAsync(messages, options, cancellationToken));

    private sealed class Stream(IAsyncEnumerable<ChatResponseUpdate> inner) : IAsyncEnumerable<ChatResponseUpdate>
    {
        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            new Enumerator(inner.GetAsyncEnumerator(cancellationToken));
    }

    private sealed class Enumerator(IAsyncEnumerator<ChatResponseUpdate> inner) : IAsyncEnumerator<ChatResponseUpdate>
    {
        public ChatResponseUpdate Current => inner.Current;

        public ValueTask<bool> MoveNextAsync() => inner.MoveNextAsync();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
