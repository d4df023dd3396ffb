using Microsoft.Extensions.AI;

namespace Resilient.Llm.Continuation;

/// <summary>What a model is asked to continue another model's answer.</summary>
internal static class ContinuationRequest
{
    /// <summary>The caller's messages, the partial answer, and the instruction as the user's turn.</summary>
    /// <remarks>The instruction comes last because several providers refuse a final assistant message.</remarks>
    /// <returns>A new list; the caller's own if only white space has arrived, so that the question is asked again.</returns>
    public static IReadOnlyList<ChatMessage> Messages(IReadOnlyList<ChatMessage> original, PartialAnswer partial, string instruction) =>
        string.IsNullOrWhiteSpace(partial.Text)
            ? original
            : [.. original, new ChatMessage(ChatRole.Assistant, partial.Text), new ChatMessage(ChatRole.User, instruction)];

    /// <summary>Deducts the delivered text from the output limit, and removes provider state, which lacks the partial answer.</summary>
    /// <remarks>Changes the options, which must belong to this attempt only.</remarks>
    public static void Reduce(ChatOptions options, PartialAnswer partial)
    {
        if (options.MaxOutputTokens is { } limit)
        {
            options.MaxOutputTokens = Math.Max(1, limit - partial.EstimatedTokens);
        }

        options.ConversationId = null;
        options.ContinuationToken = null;
    }
}
