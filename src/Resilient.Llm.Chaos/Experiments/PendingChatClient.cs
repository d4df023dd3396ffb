using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Wraps a client and tracks which requests wait for their answer or first content, while a guard watches.</summary>
internal sealed class PendingChatClient(IChatClient ladder, PendingRequests pending, TimeProvider clock) : DelegatingChatClient(ladder)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        pending.IsWatched
            ? WatchAsync(messages, options, cancellationToken)
            : InnerClient.GetResponseAsync(messages, options, cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var stream = InnerClient.GetStreamingResponseAsync(messages, options, cancellationToken);
        return pending.IsWatched ? new PendingStream(stream, pending, clock) : stream;
    }

    private async Task<ChatResponse> WatchAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var request = pending.Begin(clock);
        try
        {
            return await InnerClient.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            pending.End(request);
        }
    }

    private sealed class PendingStream(IAsyncEnumerable<ChatResponseUpdate> stream, PendingRequests pending, TimeProvider clock)
        : IAsyncEnumerable<ChatResponseUpdate>
    {
        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            var request = pending.Begin(clock);
            try
            {
                return new PendingEnumerator(stream.GetAsyncEnumerator(cancellationToken), pending, request);
            }
            catch
            {
                pending.End(request);
                throw;
            }
        }
    }

    private sealed class PendingEnumerator(
        IAsyncEnumerator<ChatResponseUpdate> inner, PendingRequests pending, LinkedListNode<long> request)
        : IAsyncEnumerator<ChatResponseUpdate>
    {
        private bool _isOver;

        public ChatResponseUpdate Current => inner.Current;

        public ValueTask<bool> MoveNextAsync() => _isOver ? inner.MoveNextAsync() : MoveAsync();

        public ValueTask DisposeAsync()
        {
            Over();
            return inner.DisposeAsync();
        }

        private async ValueTask<bool> MoveAsync()
        {
            bool hasNext;
            try
            {
                hasNext = await inner.MoveNextAsync().ConfigureAwait(false);
            }
            catch
            {
                Over();
                throw;
            }

            // The client puts its report directly before the first content.
            if (!hasNext || inner.Current.GetResilienceReport() is not null)
            {
                Over();
            }

            return hasNext;
        }

        private void Over()
        {
            _isOver = true;
            pending.End(request);
        }
    }
}
