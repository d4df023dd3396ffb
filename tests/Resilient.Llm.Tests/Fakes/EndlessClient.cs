using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

internal sealed class EndlessClient(Resilient.Llm.Testing.ManualTimeProvider clock, AIContent content, int updates = int.MaxValue) : IChatClient
{
    public int Updates { get; private set; }

    public bool IsDisposed { get; private set; }

    public CancellationToken Token { get; private set; }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Deaf to its token.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Token = cancellationToken;
        try
        {
            for (; Updates < updates; Updates++)
            {
                clock.Advance(TimeSpan.FromMilliseconds(10));
                yield return new(ChatRole.Assistant, [content]);
            }

            yield return new() { FinishReason = ChatFinishReason.Stop };
            await Task.CompletedTask;
        }
        finally
        {
            IsDisposed = true;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
