using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.ContractTests;

/// <summary>In place of an API that keeps conversations, which neither of the two protocols does: the id goes to the server among the instructions, and comes back with the answer.</summary>
internal sealed class ConversingClient(IChatClient sdk) : DelegatingChatClient(sdk)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var id = IdOf(options);
        var response = await base.GetResponseAsync(messages, With(id, options), cancellationToken);
        response.ConversationId = id;
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var id = IdOf(options);
        await foreach (var update in base.GetStreamingResponseAsync(messages, With(id, options), cancellationToken))
        {
            update.ConversationId = id;
            yield return update;
        }
    }

    private static string IdOf(ChatOptions? options) => options?.ConversationId ?? $"conversation-{Guid.NewGuid():n}";

    private static ChatOptions With(string id, ChatOptions? options)
    {
        var sent = options?.Clone() ?? new();
        sent.ConversationId = null;
        sent.Instructions = id;
        return sent;
    }
}
