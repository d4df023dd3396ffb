using Microsoft.Extensions.AI;

namespace Resilient.Llm.Testing;

/// <summary>The streams of a <see cref="ScriptedChatClient"/>: each enumeration is a call of its own, and its disposal is counted.</summary>
internal sealed class ScriptedStream(ScriptedChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ofMethod)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        client.CountEnumerator();
        return new Enumerator(client, messages, options, cancellationToken.CanBeCanceled ? cancellationToken : ofMethod);
    }

    private sealed class Enumerator(ScriptedChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken token)
        : IAsyncEnumerator<ChatResponseUpdate>
    {
        private IAsyncEnumerator<ChatResponseUpdate>? _updates;
        private bool _isDisposed;

        public ChatResponseUpdate Current => _updates!.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            _updates ??= client.Begin(isStreaming: true, messages, options, token).GetAsyncEnumerator(token);
            return _updates.MoveNextAsync();
        }

        public ValueTask DisposeAsync()
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                client.CountDisposedEnumerator();
            }

            return _updates?.DisposeAsync() ?? ValueTask.CompletedTask;
        }
    }
}
