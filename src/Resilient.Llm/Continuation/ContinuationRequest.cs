using Microsoft.Extensions.AI;

namespace Resilient.Llm.Continuation;

/// <summary>What a model is asked that is to go on with another model's answer.</summary>
internal static class ContinuationRequest
{
    /// <summary>The caller's messages, the partial answer as it stands, and the instruction as the user's turn: several providers refuse an assistant's message at the end.</summary>
    /// <returns>A new list; the caller's own where nothing but white space has arrived, so that the question is simply asked again.</returns>
    public static IReadOnlyList<ChatMessage> Messages(IReadOnlyList<ChatMessage> original, PartialAnswer partial, string instruction) =>
        string.IsNullOrWhiteSpace(partial.Text)
            ? original
            : [.. original, new ChatMessage(ChatRole.Assistant, partial.Text), new ChatMessage(ChatRole.User, instruction)];

    /// <summary>
    /// Takes what has been delivered off the output that is still allowed, and cuts the ties to state that a provider holds: it does not know the partial answer.
    /// Changes the options, which therefore have to be those of this attempt alone.
    /// </summary>
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
