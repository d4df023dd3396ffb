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
        FunctionCallContent { Exception: not null } => UpdateKind.Content | UpdateKind.ToolCall | UpdateKind.BrokenToolCall,
        ToolCallContent or InputRequestContent => UpdateKind.Content | UpdateKind.ToolCall,
        ErrorContent => UpdateKind.Error,
        null or UsageContent => UpdateKind.Preamble,

        // The bare base class carries a provider's raw event and nothing that this library could show.
        _ when content.GetType() == typeof(AIContent) => UpdateKind.Preamble,
        _ => UpdateKind.Content,
    };
}
