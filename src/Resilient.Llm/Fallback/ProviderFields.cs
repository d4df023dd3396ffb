using Microsoft.Extensions.AI;

namespace Resilient.Llm.Fallback;

/// <summary>Removes what must not reach another provider: model ids, raw requests, conversation state, protected reasoning.</summary>
internal static class ProviderFields
{
    public static void Strip(ChatOptions options)
    {
        options.ModelId = null;
        options.RawRepresentationFactory = null;
        options.ConversationId = null;
        options.ContinuationToken = null;
        options.AllowBackgroundResponses = null;
    }

    /// <summary>The messages without protected reasoning, which only its own provider can read. The same list if there is none.</summary>
    public static IReadOnlyList<ChatMessage> Strip(IReadOnlyList<ChatMessage> messages) =>
        messages.Any(static message => message.Contents.Any(IsProtected)) ? [.. messages.Select(Portable).OfType<ChatMessage>()] : messages;

    private static bool IsProtected(AIContent content) => content is TextReasoningContent { ProtectedData: not null };

    /// <summary>Null for a message with nothing else: providers refuse empty messages.</summary>
    private static ChatMessage? Portable(ChatMessage message)
    {
        if (!message.Contents.Any(IsProtected))
        {
            return message;
        }

        var copy = message.Clone();
        copy.Contents =
        [
            .. message.Contents.Where(static c => !IsProtected(c) || ((TextReasoningContent)c).Text.Length > 0).Select(Portable),
        ];
        return copy.Contents.Count == 0 ? null : copy;
    }

    private static AIContent Portable(AIContent content) =>
        IsProtected(content) ? new TextReasoningContent(((TextReasoningContent)content).Text) : content;
}
