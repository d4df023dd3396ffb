using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Faults;

/// <summary>The answers of faults that return successfully but are wrong.</summary>
internal static class ChaosAnswers
{
    /// <summary>An update with a role and no content.</summary>
    public static ChatResponseUpdate KeepAlive() => new() { Role = ChatRole.Assistant };

    /// <summary>Replaces a whole answer, or the rest of a stream.</summary>
    public static ChatResponse Of(ChaosFaultKind kind) => kind switch
    {
        ChaosFaultKind.ErrorEvent => new(new ChatMessage(
            ChatRole.Assistant,
            [new ErrorContent("Injected by a chaos experiment: an error inside the answer.") { ErrorCode = "overloaded_error" }])),
        ChaosFaultKind.ContentFiltered => Empty(ChatFinishReason.ContentFilter),
        ChaosFaultKind.EmptyAnswer => Empty(ChatFinishReason.Stop),
        _ => Empty(null),
    };

    private static ChatResponse Empty(ChatFinishReason? end) =>
        new(new ChatMessage(ChatRole.Assistant, (IList<AIContent>)[])) { FinishReason = end };
}
