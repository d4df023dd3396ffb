using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace Resilient.Llm.Loopback;

/// <summary>
/// The official OpenAI SDK's <see cref="ChatClient"/> as an <see cref="IChatClient"/>: text, images that are passed as data,
/// reasoning, tools, JSON formats, usage, refusals.
/// </summary>
/// <remarks>
/// It translates and repairs nothing: exceptions are the SDK's own, an error event inside a stream is the empty update that the SDK makes
/// of it, and a stream that ends without a finish reason ends here without one too. Judging an end is the task of whoever wraps this.
/// Thread-safe, as the SDK's client is. Disposal does nothing: the SDK's client owns nothing either.
/// </remarks>
public sealed class OpenAIChatClientAdapter : IChatClient
{
    private readonly ChatClient _client;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Wraps the SDK's client.</summary>
    public OpenAIChatClientAdapter(ChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
#pragma warning disable OPENAI001 // Endpoint and Model are still marked experimental.
        _metadata = new ChatClientMetadata("openai", client.Endpoint, client.Model);
#pragma warning restore OPENAI001
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<AIChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var completion = await _client.CompleteChatAsync(
            OpenAIRequest.Messages(messages, options), OpenAIRequest.Options(this, options), cancellationToken).ConfigureAwait(false);
        return OpenAIResponse.From(completion.Value);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<AIChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var stream = _client.CompleteChatStreamingAsync(
            OpenAIRequest.Messages(messages, options), OpenAIRequest.Options(this, options), cancellationToken);
        var translator = new OpenAIStreamTranslator();
        await foreach (var update in stream.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return translator.Translate(update);
        }

        if (translator.Rest() is { } rest)
        {
            yield return rest;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(ChatClient) ? _client
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
