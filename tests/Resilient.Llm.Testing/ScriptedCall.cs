using Microsoft.Extensions.AI;

namespace Resilient.Llm.Testing;

/// <summary>One call that a <see cref="ScriptedChatClient"/> received. A stream counts when it is first read, like a request that goes out.</summary>
/// <param name="Number">1 for the first call.</param>
/// <param name="IsStreaming">Which of the two methods was called.</param>
/// <param name="Messages">The messages as they were at the call, each cloned.</param>
/// <param name="Options">A clone of the options as they were at the call; null when there were none.</param>
/// <param name="ReceivedOptions">The very instance received, to check who shares it.</param>
/// <param name="CancellationToken">The token received: for a stream, the one of the enumeration if it has one, else the method's.</param>
public sealed record ScriptedCall(
    int Number,
    bool IsStreaming,
    IReadOnlyList<ChatMessage> Messages,
    ChatOptions? Options,
    ChatOptions? ReceivedOptions,
    CancellationToken CancellationToken)
{
    /// <summary>The text of the last message.</summary>
    public string Question => Messages.Count == 0 ? string.Empty : Messages[^1].Text;
}
