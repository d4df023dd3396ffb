using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Faults;

/// <summary>The answers by which faults show: success in name only.</summary>
internal static class ChaosAnswers
{
    /// <summary>A sign of life: a role, and nothing said.</summary>
    public static ChatResponseUpdate KeepAlive() => new() { Role = ChatRole.Assistant };

    /// <summary>What takes the place of a whole answer, or of the rest of a stream.</summary>
    public static ChatResponse Of(ChaosFaultKind kind) => kind switch
    {
        ChaosFaultKind.ErrorEvent => new(new ChatMessage(
            ChatRole.Assistant, [new ErrorContent("Injected by a chaos experiment: an error inside the answer.") { ErrorCode = "overloaded_error" }])),
        ChaosFaultKind.ContentFiltered => Empty(ChatFinishReason.ContentFilter),
        ChaosFaultKind.EmptyAnswer => Empty(ChatFinishReason.Stop),
        _ => Empty(null),
    };

    private static ChatResponse Empty(ChatFinishReason? end) => new(new ChatMessage(ChatRole.Assistant, (IList<AIContent>)[])) { FinishReason = end };
}
