#pragma warning disable MEAI001 // As in AnswerKeyContents.
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>Encodes calls of tools, their results and approvals.</summary>
internal static class AnswerKeyToolContents
{
    /// <summary>False for a type it does not know, and for an exception inside: that has no canonical form.</summary>
    public static bool TryWrite(ref AnswerKeyWriter writer, AIContent content, Type type, int depth)
    {
        switch (content)
        {
            case FunctionCallContent { Exception: null } call when type == typeof(FunctionCallContent):
                writer.Byte(20);
                writer.String(call.CallId);
                writer.String(call.Name);
                writer.Flag(call.InformationalOnly);
                AnswerKeyValues.Map(ref writer, call.Arguments, call.Arguments?.Count ?? 0, depth);
                return true;
            case FunctionResultContent { Exception: null } result when type == typeof(FunctionResultContent):
                writer.Byte(21);
                writer.String(result.CallId);
                AnswerKeyValues.Write(ref writer, result.Result, depth);
                return true;
            case McpServerToolCallContent call:
                writer.Byte(22);
                writer.String(call.CallId);
                writer.String(call.Name);
                writer.String(call.ServerName);
                AnswerKeyValues.Map(ref writer, call.Arguments, call.Arguments?.Count ?? 0, depth);
                return true;
            case McpServerToolResultContent result:
                return Outputs(ref writer, 23, result.CallId, result.Outputs, depth);
            case CodeInterpreterToolCallContent call:
                return Outputs(ref writer, 24, call.CallId, call.Inputs, depth);
            case CodeInterpreterToolResultContent result:
                return Outputs(ref writer, 25, result.CallId, result.Outputs, depth);
            case WebSearchToolCallContent call:
                writer.Byte(26);
                writer.String(call.CallId);
                Strings(ref writer, call.Queries);
                return true;
            case WebSearchToolResultContent result:
                return Outputs(ref writer, 27, result.CallId, result.Outputs, depth);
            case ImageGenerationToolCallContent call:
                writer.Byte(28);
                writer.String(call.CallId);
                return true;
            case ImageGenerationToolResultContent result:
                return Outputs(ref writer, 29, result.CallId, result.Outputs, depth);
            case ToolApprovalRequestContent request:
                writer.Byte(30);
                writer.String(request.RequestId);
                writer.Flag(request.RequiresConfirmation);
                AnswerKeyContents.Write(ref writer, request.ToolCall, depth + 1);
                return true;
            case ToolApprovalResponseContent response:
                writer.Byte(31);
                writer.String(response.RequestId);
                writer.Flag(response.Approved);
                writer.String(response.Reason);
                AnswerKeyContents.Write(ref writer, response.ToolCall, depth + 1);
                return true;
            default:
                return false;
        }
    }

    public static void Strings(ref AnswerKeyWriter writer, IList<string>? items)
    {
        foreach (var item in items ?? [])
        {
            writer.Byte(1);
            writer.String(item);
        }

        writer.Byte(0);
    }

    private static bool Outputs(ref AnswerKeyWriter writer, byte tag, string callId, IList<AIContent>? outputs, int depth)
    {
        writer.Byte(tag);
        writer.String(callId);
        AnswerKeyContents.Write(ref writer, outputs, depth);
        return true;
    }
}
