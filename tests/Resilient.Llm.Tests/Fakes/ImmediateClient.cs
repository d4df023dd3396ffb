using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

internal sealed class ImmediateClient : IChatClient, IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
{
    public Task<ChatResponse> Response { get; } = Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "ok")));

    public ChatResponseUpdate Current { get; } = new(ChatRole.Assistant, "ok");

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) => Response;

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) => this;

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken) => this;

    public ValueTask<bool> MoveNextAsync() => new(true);

    public object? GetService(Type serviceType, object? serviceKey) => null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Dispose()
    {
    }
}
