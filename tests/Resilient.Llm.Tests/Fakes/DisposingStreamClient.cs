using System.Threading.Tasks.Sources;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A stream that is disposed by its reader while it hands over the result of its move.</summary>
internal sealed class DisposingStreamClient : IChatClient, IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>, IValueTaskSource<bool>
{
    private readonly TaskCompletionSource _end = new();

    public IAsyncEnumerator<ChatResponseUpdate>? Reader { get; set; }

    public int Disposals { get; private set; }

    public ChatResponseUpdate Current { get; } = new(ChatRole.Assistant, "a");

    public void EndMove() => _end.SetResult();

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => this;

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync() => new(this, 0);

    public bool GetResult(short token)
    {
        Reader!.DisposeAsync().AsTask().Wait();
        return true;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _end.Task.IsCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _end.Task.ConfigureAwait(false).GetAwaiter().OnCompleted(() => continuation(state));

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
