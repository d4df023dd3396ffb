#pragma warning disable MEAI001 // Experimental members are read, never exposed: leaving one out could let two questions share a key.
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>Encodes the contents of messages: every type that Microsoft.Extensions.AI.Abstractions 10.11 knows, and no other.</summary>
internal static class AnswerKeyContents
{
    public static void Write(ref AnswerKeyWriter writer, IList<AIContent>? contents, int depth)
    {
        foreach (var content in contents ?? [])
        {
            writer.Byte(1);
            Write(ref writer, content, depth + 1);
        }

        writer.Byte(0);
    }

    public static void Write(ref AnswerKeyWriter writer, AIContent content, int depth)
    {
        // An adapter may send the raw representation in place of what we can see, and annotations hold objects of any type.
        if (depth > AnswerKeyValues.MaxDepth || content.RawRepresentation is not null || content.Annotations is { Count: > 0 })
        {
            writer.Refuse();
            return;
        }

        if (!WriteKnown(ref writer, content, depth))
        {
            writer.Refuse();
            return;
        }

        AnswerKeyValues.Map(ref writer, content.AdditionalProperties, content.AdditionalProperties?.Count ?? 0, depth);
    }

    /// <summary>Whether a type has members that a key under <see cref="CachedAnswerScope.SystemAndLastUserMessage"/> would lose.</summary>
    public static bool IsToolRelated(AIContent content) =>
        content is ToolCallContent or ToolResultContent or InputRequestContent or InputResponseContent;

    private static bool WriteKnown(ref AnswerKeyWriter writer, AIContent content, int depth)
    {
        // Exact types: one derived by somebody else may say more than its base.
        var type = content.GetType();
        switch (content)
        {
            case TextContent text:
                writer.Byte(1);
                writer.String(text.Text);
                return true;
            case TextReasoningContent reasoning:
                writer.Byte(2);
                writer.String(reasoning.Text);
                writer.String(reasoning.ProtectedData);
                return true;
            case DataContent data when type == typeof(DataContent):
                writer.Byte(3);
                writer.String(data.MediaType);
                writer.String(data.Name);
                writer.Bytes(data.Data.Span);
                return true;
            case UriContent uri when type == typeof(UriContent):
                writer.Byte(4);
                writer.String(uri.Uri.OriginalString);
                writer.String(uri.MediaType);
                return true;
            case HostedFileContent file:
                writer.Byte(5);
                writer.String(file.FileId);
                writer.String(file.MediaType);
                writer.String(file.Name);
                writer.String(file.Purpose);
                writer.String(file.Scope);
                writer.Optional(file.SizeInBytes);
                writer.Optional(file.CreatedAt?.UtcTicks);
                return true;
            case HostedVectorStoreContent store:
                writer.Byte(6);
                writer.String(store.VectorStoreId);
                return true;
            case ErrorContent error when type == typeof(ErrorContent):
                writer.Byte(7);
                writer.String(error.Message);
                writer.String(error.ErrorCode);
                writer.String(error.Details);
                return true;
            case UsageContent usage when type == typeof(UsageContent) && usage.Details.GetType() == typeof(UsageDetails):
                writer.Byte(8);
                Usage(ref writer, usage.Details);
                return true;
            default:
                return AnswerKeyToolContents.TryWrite(ref writer, content, type, depth);
        }
    }

    private static void Usage(ref AnswerKeyWriter writer, UsageDetails usage)
    {
        writer.Optional(usage.InputTokenCount);
        writer.Optional(usage.OutputTokenCount);
        writer.Optional(usage.TotalTokenCount);
        writer.Optional(usage.CachedInputTokenCount);
        writer.Optional(usage.ReasoningTokenCount);
        writer.Optional(usage.InputAudioTokenCount);
        writer.Optional(usage.InputTextTokenCount);
        writer.Optional(usage.OutputAudioTokenCount);
        writer.Optional(usage.OutputTextTokenCount);
        foreach (var (name, count) in (usage.AdditionalCounts ?? []).OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            writer.Byte(1);
            writer.String(name);
            writer.Long(count);
        }

        writer.Byte(0);
    }
}
