using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Says the question again and again, hops threads, and breaks.</summary>
internal sealed class EchoClient : IChatClient
{
    public const int Times = 40;
    private int _open;

    public int Open => Volatile.Read(ref _open);

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _open);
        try
        {
            var question = messages.Single().Text;
            for (var i = 0; i < Times; i++)
            {
                if (i % 3 == 0)
                {
                    await Task.Yield();
                }

                yield return new(ChatRole.Assistant, question);
            }

            throw new IOException("broken");
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
