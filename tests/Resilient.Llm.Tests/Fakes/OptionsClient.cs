using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Middleware of an application that changes the options, or replaces them.</summary>
internal sealed class OptionsClient(IChatClient inner, Func<ChatOptions?, ChatOptions?> change) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetResponseAsync(messages, change(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetStreamingResponseAsync(messages, change(options), cancellationToken);
}
