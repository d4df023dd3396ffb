using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Yields one instance again and again, with new contents and what belongs to them.</summary>
internal sealed class RefillingClient(params string[] words) : DelegatingChatClient(new FixedStreamClient())
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, "");
        foreach (var word in words.Length > 0 ? words : ["", "Hello", " world"])
        {
            update.Contents[0] = new TextContent(word);
            update.RawRepresentation = word;
            yield return update;
        }

        await Task.CompletedTask;
        update.Contents.Clear();
        update.FinishReason = ChatFinishReason.Stop;
        yield return update;
    }
}
