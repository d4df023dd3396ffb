using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

internal static class RequestNeeds
{
    public static ChatCapabilities Of(ChatOptions options, IReadOnlyList<ChatMessage> messages) =>
        (options is { Tools.Count: > 0, ToolMode: not NoneChatToolMode } ? ChatCapabilities.Tools : 0)
        | (options.ResponseFormat is ChatResponseFormatJson ? ChatCapabilities.StructuredOutput : 0)
        | (messages.Any(static message => message.Contents.Any(IsImage)) ? ChatCapabilities.Vision : 0);

    private static bool IsImage(AIContent content) => content switch
    {
        DataContent data => data.HasTopLevelMediaType("image"),
        UriContent uri => uri.HasTopLevelMediaType("image"),
        _ => false,
    };
}
