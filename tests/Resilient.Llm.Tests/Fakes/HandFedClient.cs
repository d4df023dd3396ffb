using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A deaf provider with one stream, whose pending move the test completes by hand, inline.</summary>
internal sealed class HandFedClient : IChatClient, IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
{
    private TaskCompletionSource<bool>? _move;

    public CancellationToken Token { get; private set; }

    public int Disposals { get; private set; }

    public ChatResponseUpdate Current { get; private set; } = new();

    public void Feed(params AIContent[] contents)
    {
        Current = new(ChatRole.Assistant, contents);
        _move!.SetResult(true);
    }

    public void End() => _move!.SetResult(false);

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Token = cancellationToken;
        return this;
    }

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        _move = new();
        return new(_move.Task);
    }

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return default;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
