using Microsoft.Extensions.AI;

namespace Resilient.Llm.Testing;

/// <summary>Asks plain or streaming alike, so that one theory covers both.</summary>
public static class ChatClientAsking
{
    /// <summary>Asks one question. A stream is read to its end and collected.</summary>
    public static Task<ChatResponse> AskAsync(
        this IChatClient client, bool streaming, string question = "question", ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        client.AskAsync(streaming, [new(ChatRole.User, question)], options, cancellationToken);

    /// <summary>Asks with a whole conversation. A stream is read to its end and collected.</summary>
    public static async Task<ChatResponse> AskAsync(
        this IChatClient client, bool streaming, IReadOnlyList<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await (streaming
            ? client.GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : client.GetResponseAsync(messages, options, cancellationToken)).ConfigureAwait(false);
}
