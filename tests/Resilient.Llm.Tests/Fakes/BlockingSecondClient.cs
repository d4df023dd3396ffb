using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

internal sealed class BlockingSecondClient(Task release, ManualResetEventSlim block) : DelegatingChatClient(new ScriptedChatClient())
{
    private int _calls;

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Increment(ref _calls) == 1)
        {
            await release.ConfigureAwait(false);
        }
        else
        {
            // Bounded, so that a fault fails the test instead of hanging it.
            Assert.True(block.Wait(TimeSpan.FromSeconds(30), CancellationToken.None), "The first answer waits for the second call.");
        }

        return new(new ChatMessage(ChatRole.Assistant, "answer"));
    }
}
