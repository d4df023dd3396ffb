#pragma warning disable MEAI001 // Experimental members are read, never exposed: leaving one out could let two questions share a key.
using Microsoft.Extensions.AI;
using Resilient.Llm.Telemetry;

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
        // An adapter may send the raw representation instead of what is visible here, and annotations hold objects of any type.
        if (depth > AnswerKeyValues.MaxDepth || content.RawRepresentation is not null || content.Annotations is { Count: > 0 })
        {
            writer.Refuse(AnswerNotStored.QuestionContent);
            return;
        }

        WriteKnown(ref writer, content, depth);
        AnswerKeyValues.Map(ref writer, content.AdditionalProperties, depth);
    }

    /// <summary>Whether a type has members that a key under <see cref="CachedAnswerScope.SystemAndLastUserMessage"/> would lose.</summary>
    public static bool IsToolRelated(AIContent content) =>
        content is ToolCallContent or ToolResultContent or InputRequestContent or InputResponseContent;

    /// <summary>
    /// What is visible of a content. Refuses unknown types, and arguments that could not be read: neither has a canonical form.
    /// </summary>
    public static void WriteKnown(ref AnswerKeyWriter writer, AIContent content, int depth)
    {
        var type = content.GetType();

        // Exact types if they are not sealed: a derived type may say more than its base.
        switch (content)
        {
            case TextContent text: writer.Texts(1, text.Text); break;
            case TextReasoningContent reasoning: writer.Texts(2, reasoning.Text, reasoning.ProtectedData); break;
            case DataContent data when type == typeof(DataContent):
                writer.Texts(3, data.MediaType, data.Name);
                writer.Bytes(data.Data.Span);
                break;
            case UriContent uri when type == typeof(UriContent): writer.Texts(4, uri.Uri.OriginalString, uri.MediaType); break;
            case HostedFileContent file:
                writer.Texts(5, file.FileId, file.MediaType, file.Name, file.Purpose, file.Scope);
                writer.Numbers(file.SizeInBytes, file.CreatedAt?.UtcTicks);
                break;
            case HostedVectorStoreContent store: writer.Texts(6, store.VectorStoreId); break;
            case ErrorContent error when type == typeof(ErrorContent):
                writer.Texts(7, error.Message, error.ErrorCode, error.Details);
                break;
            case UsageContent usage when type == typeof(UsageContent) && usage.Details.GetType() == typeof(UsageDetails):
                writer.Byte(8);
                Usage(ref writer, usage.Details);
                break;
            case FunctionCallContent { Exception: null } call when type == typeof(FunctionCallContent):
                writer.Texts(20, call.Name);
                writer.Id(call.CallId);
                AnswerKeyValues.Map(ref writer, call.Arguments, depth, serialises: true);
                break;
            case FunctionResultContent result
                when type == typeof(FunctionResultContent) && (result.Exception is null || result.Result is not null):
                // Of a function that failed, models are told the result.
                writer.Byte(21);
                writer.Id(result.CallId);
                AnswerKeyValues.Write(ref writer, result.Result, depth, serialises: true);
                break;
            case McpServerToolCallContent call:
                writer.Texts(22, call.Name, call.ServerName);
                writer.Id(call.CallId);
                AnswerKeyValues.Map(ref writer, call.Arguments, depth, serialises: true);
                break;
            case McpServerToolResultContent result: Outputs(ref writer, 23, result.CallId, result.Outputs, depth); break;
            case CodeInterpreterToolCallContent call: Outputs(ref writer, 24, call.CallId, call.Inputs, depth); break;
            case CodeInterpreterToolResultContent result: Outputs(ref writer, 25, result.CallId, result.Outputs, depth); break;
            case WebSearchToolCallContent call:
                writer.Byte(26);
                writer.Id(call.CallId);
                writer.List(call.Queries);
                break;
            case WebSearchToolResultContent result: Outputs(ref writer, 27, result.CallId, result.Outputs, depth); break;
            case ImageGenerationToolCallContent call: writer.Byte(28); writer.Id(call.CallId); break;
            case ImageGenerationToolResultContent result: Outputs(ref writer, 29, result.CallId, result.Outputs, depth); break;
            case ToolApprovalRequestContent request:
                writer.Byte(30);
                writer.Id(request.RequestId);
                writer.Flag(request.RequiresConfirmation);
                WriteKnown(ref writer, request.ToolCall, depth + 1);
                break;
            case ToolApprovalResponseContent response:
                writer.Byte(31);
                writer.Id(response.RequestId);
                writer.Flag(response.Approved);
                writer.String(response.Reason);
                WriteKnown(ref writer, response.ToolCall, depth + 1);
                break;
            default: writer.Refuse(AnswerNotStored.QuestionContent); break;
        }
    }

    private static void Outputs(ref AnswerKeyWriter writer, byte tag, string callId, IList<AIContent>? outputs, int depth)
    {
        writer.Byte(tag);
        writer.Id(callId);
        foreach (var output in outputs ?? [])
        {
            if (depth >= AnswerKeyValues.MaxDepth || writer.IsRefused)
            {
                writer.Refuse(AnswerNotStored.QuestionContent);
                return;
            }

            // Of what a tool gave, too, only what is visible.
            writer.Byte(1);
            WriteKnown(ref writer, output, depth + 1);
        }

        writer.Byte(0);
    }

    private static void Usage(ref AnswerKeyWriter writer, UsageDetails usage)
    {
        writer.Numbers(usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount, usage.CachedInputTokenCount);
        writer.Numbers(usage.ReasoningTokenCount, usage.InputAudioTokenCount, usage.InputTextTokenCount);
        writer.Numbers(usage.OutputAudioTokenCount, usage.OutputTextTokenCount);
        foreach (var (name, count) in (usage.AdditionalCounts ?? []).OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            writer.Texts(1, name);
            writer.Long(count);
        }

        writer.Byte(0);
    }
}
