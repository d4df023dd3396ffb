using Microsoft.Extensions.AI;

namespace Resilient.Llm.Shared;

/// <summary>Says what an update of a stream, or a message of an answer, brings. Pure; a few nanoseconds; allocates nothing.</summary>
internal static class UpdateClassifier
{
    /// <summary>Whether after this no other model can take over unseen: content, or an error that is passed on as the answer.</summary>
    public static bool Commits(this UpdateKind kind) => (kind & (UpdateKind.Content | UpdateKind.Error)) != 0;

    public static UpdateKind Classify(ChatResponseUpdate update) => Classify(update.Contents);

    public static UpdateKind Classify(IList<AIContent> contents)
    {
        // Nearly every update is one piece in a list: this saves two interface calls each.
        if (contents is List<AIContent> { Count: 1 } list)
        {
            return Classify(list[0]);
        }

        var kind = UpdateKind.Preamble;
        for (var i = 0; i < contents.Count; i++)
        {
            kind |= Classify(contents[i]);
        }

        return kind;
    }

    public static UpdateKind Classify(AIContent? content) => content switch
    {
        // White space alone says nothing yet.
        TextContent text => string.IsNullOrWhiteSpace(text.Text) ? UpdateKind.Preamble : UpdateKind.Content,

        // Reasoning blocks open and close with an empty one, which is no sign of activity.
        TextReasoningContent reasoning => reasoning.Text.Length == 0 ? UpdateKind.Preamble : UpdateKind.Reasoning,
        FunctionCallContent { InformationalOnly: true } => UpdateKind.HostedTool,
        FunctionCallContent { Exception: not null } => UpdateKind.Content | UpdateKind.ToolCall | UpdateKind.BrokenToolCall,
        ToolCallContent call when !IsHosted(call) => UpdateKind.Content | UpdateKind.ToolCall,
        ToolResultContent result when !IsHosted(result) => UpdateKind.Content,
        ToolCallContent or ToolResultContent => UpdateKind.HostedTool,
        InputRequestContent => UpdateKind.Content | UpdateKind.ToolCall,
        ErrorContent => UpdateKind.Error,
        null or UsageContent => UpdateKind.Preamble,

        // The bare base class carries a provider's raw event and nothing that this library could show.
        _ when content.GetType() == typeof(AIContent) => UpdateKind.Preamble,
        _ => UpdateKind.Content,
    };

    /// <summary>Whether it is a tool call whose arguments could not be read.</summary>
    public static bool IsBrokenToolCall(AIContent? content) => (Classify(content) & UpdateKind.BrokenToolCall) != 0;

    /// <summary>
    /// Whether the provider runs the tool itself. Microsoft.Extensions.AI has one other kind, functions; a type of another library may be
    /// for the caller to run. A generated image is the answer itself.
    /// </summary>
    private static bool IsHosted(AIContent content) =>
        content is not (FunctionCallContent or FunctionResultContent)
        && content.GetType() is var type
        && type.Assembly == typeof(AIContent).Assembly
        && type.Name != "ImageGenerationToolResultContent";
}
