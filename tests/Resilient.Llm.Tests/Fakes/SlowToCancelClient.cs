using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

internal sealed class SlowToCancelClient(ManualResetEventSlim block) : IChatClient
{
    private readonly TaskCompletionSource<bool> _wasReleased = new();

    /// <summary>False when the callback waited in vain. Bounded, so that a fault fails the test instead of hanging it.</summary>
    public Task<bool> WasReleased => _wasReleased.Task;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.Register(() => _wasReleased.SetResult(block.Wait(TimeSpan.FromSeconds(30), CancellationToken.None)));
        return await new TaskCompletionSource<ChatResponse>().Task.ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        yield break;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
