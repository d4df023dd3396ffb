using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using AIChatFinishReason = Microsoft.Extensions.AI.ChatFinishReason;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatFinishReason = OpenAI.Chat.ChatFinishReason;

namespace Resilient.Llm.Loopback;

/// <summary>Translates the OpenAI SDK's plain answers.</summary>
internal static class OpenAIResponse
{
    public static ChatResponse From(ChatCompletion completion)
    {
        var message = new AIChatMessage { Role = ChatRole.Assistant, MessageId = completion.Id, RawRepresentation = completion };
        if (OpenAIReasoning.Of(completion) is { } reasoning)
        {
            message.Contents.Add(reasoning);
        }

        foreach (var part in completion.Content)
        {
            message.Contents.Add(new TextContent(part.Text));
        }

        if (completion.Refusal is { } refusal)
        {
            message.Contents.Add(Refusal(refusal));
        }

        foreach (var call in completion.ToolCalls)
        {
            message.Contents.Add(Call(call.Id, call.FunctionName, call.FunctionArguments.ToString()));
        }

        return new ChatResponse(message)
        {
            ResponseId = completion.Id,
            ModelId = completion.Model,
            CreatedAt = completion.CreatedAt,
            FinishReason = Reason(completion.FinishReason),
            Usage = completion.Usage is { } usage ? Usage(usage) : null,
            RawRepresentation = completion,
        };
    }

    public static AIChatFinishReason Reason(ChatFinishReason reason) => reason switch
    {
        ChatFinishReason.Stop => AIChatFinishReason.Stop,
        ChatFinishReason.Length => AIChatFinishReason.Length,
        ChatFinishReason.ContentFilter => AIChatFinishReason.ContentFilter,
        ChatFinishReason.ToolCalls or ChatFinishReason.FunctionCall => AIChatFinishReason.ToolCalls,
        _ => new AIChatFinishReason(reason.ToString()),
    };

    public static UsageDetails Usage(ChatTokenUsage usage) => new()
    {
        InputTokenCount = usage.InputTokenCount,
        OutputTokenCount = usage.OutputTokenCount,
        TotalTokenCount = usage.TotalTokenCount,
    };

    /// <summary>Microsoft's own adapter shows a refusal as an error content with this code.</summary>
    public static ErrorContent Refusal(string words) => new(words) { ErrorCode = "Refusal" };

    public static FunctionCallContent Call(string id, string name, string arguments) =>
        FunctionCallContent.CreateFromParsedArguments(
            arguments,
            id,
            name,
            static json => JsonSerializer.Deserialize<Dictionary<string, object?>>(json, AIJsonUtilities.DefaultOptions));
}
