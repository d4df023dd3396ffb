using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>What a model can do beyond text, and what a request needs.</summary>
[Flags]
public enum ChatCapabilities
{
    /// <summary>Text alone.</summary>
    None = 0,

    /// <summary>It calls tools. Needed where the request offers tools, and its tool mode is not <see cref="ChatToolMode.None"/>.</summary>
    Tools = 1,

    /// <summary>It sees. Needed where a message holds an image.</summary>
    Vision = 2,

    /// <summary>It answers in JSON. Needed where the response format is JSON, with or without a schema.</summary>
    StructuredOutput = 4,

    /// <summary>All of these.</summary>
    All = Tools | Vision | StructuredOutput,
}

/// <summary>Reads off a request what it needs.</summary>
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
