using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A client of the simplest kind: it knows of no services, and streams as an async iterator, which says something of its own before it asks.</summary>
/// <param name="inner">What it hides.</param>
/// <param name="rebuilds">Whether it makes options of its own, with what it knows of.</param>
/// <param name="wait">What it does before it asks; null: nothing.</param>
internal sealed class HidingClient(IChatClient inner, bool rebuilds, Func<Task>? wait = null) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await WaitAsync().ConfigureAwait(false);
        return await inner.GetResponseAsync(messages, Change(options), cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new() { Role = ChatRole.Assistant };
        await WaitAsync().ConfigureAwait(false);
        await foreach (var update in inner.GetStreamingResponseAsync(messages, Change(options), cancellationToken).ConfigureAwait(false))
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() => inner.Dispose();

    private Task WaitAsync() => wait?.Invoke() ?? Task.CompletedTask;

    private ChatOptions? Change(ChatOptions? options) => !rebuilds || options is null
        ? options
        : new ChatOptions { ConversationId = options.ConversationId, Tools = options.Tools, ResponseFormat = options.ResponseFormat };
}
