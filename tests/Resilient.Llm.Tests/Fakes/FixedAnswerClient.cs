using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Gives the same instance to every plain call.</summary>
internal sealed class FixedAnswerClient(Task<ChatResponse> answer) : DelegatingChatClient(new ScriptedChatClient())
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => answer;
}
