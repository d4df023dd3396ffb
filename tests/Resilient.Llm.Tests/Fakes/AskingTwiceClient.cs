using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Like a client that invokes functions: asks again with the answer appended, under the same options.</summary>
internal sealed class AskingTwiceClient(IChatClient inner) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatMessage> history = [.. messages];
        var first = await base.GetResponseAsync(history, options, cancellationToken).ConfigureAwait(false);
        history.AddRange(first.Messages);
        var second = await base.GetResponseAsync(history, options, cancellationToken).ConfigureAwait(false);
        return new([.. first.Messages, .. second.Messages]);
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < 2; i++)
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
    }
}
