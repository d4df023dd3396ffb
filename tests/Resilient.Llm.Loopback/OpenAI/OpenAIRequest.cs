using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using AIChatMessage = Microsoft.Extensions.AI.ChatMessage;
using AIChatResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;
using ChatMessage = OpenAI.Chat.ChatMessage;
using ChatResponseFormat = OpenAI.Chat.ChatResponseFormat;

namespace Resilient.Llm.Loopback;

/// <summary>Translates messages and options into the OpenAI SDK's.</summary>
internal static class OpenAIRequest
{
    // The defaults indent, which would pay for white space by the token.
    private static readonly JsonSerializerOptions s_compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    public static IEnumerable<ChatMessage> Messages(IEnumerable<AIChatMessage> messages, ChatOptions? options)
    {
        if (options?.Instructions is { Length: > 0 } instructions)
        {
            yield return new SystemChatMessage(instructions);
        }

        foreach (var message in messages)
        {
            if (message.Role == ChatRole.Tool)
            {
                foreach (var result in message.Contents.OfType<FunctionResultContent>())
                {
                    yield return new ToolChatMessage(result.CallId, result.Result as string ?? ToJson(result.Result));
                }
            }
            else if (message.Role == ChatRole.Assistant)
            {
                yield return Assistant(message);
            }
            else
            {
                yield return message.Role == ChatRole.System ? new SystemChatMessage(message.Text) : User(message);
            }
        }
    }

    public static ChatCompletionOptions Options(IChatClient client, ChatOptions? options)
    {
        var result = options?.RawRepresentationFactory?.Invoke(client) as ChatCompletionOptions ?? new ChatCompletionOptions();
        if (options is null)
        {
            return result;
        }

        result.Temperature ??= options.Temperature;
        result.TopP ??= options.TopP;
        result.MaxOutputTokenCount ??= options.MaxOutputTokens;
        result.ResponseFormat ??= Format(options.ResponseFormat);
        foreach (var stop in options.StopSequences ?? [])
        {
            result.StopSequences.Add(stop);
        }

        AddTools(result, options);
        if (options.ModelId is { } model)
        {
            // The SDK binds a client to one model and offers no property to override it.
#pragma warning disable SCME0001
            result.Patch.Set("$.model"u8, model);
#pragma warning restore SCME0001
        }

        return result;
    }

    private static void AddTools(ChatCompletionOptions result, ChatOptions options)
    {
        foreach (var tool in options.Tools?.OfType<AIFunctionDeclaration>() ?? [])
        {
            result.Tools.Add(ChatTool.CreateFunctionTool(tool.Name, tool.Description, BinaryData.FromString(tool.JsonSchema.GetRawText())));
        }

        if (result.Tools.Count > 0)
        {
            result.ToolChoice ??= options.ToolMode switch
            {
                NoneChatToolMode => ChatToolChoice.CreateNoneChoice(),
                RequiredChatToolMode { RequiredFunctionName: { } name } => ChatToolChoice.CreateFunctionChoice(name),
                RequiredChatToolMode => ChatToolChoice.CreateRequiredChoice(),
                AutoChatToolMode => ChatToolChoice.CreateAutoChoice(),
                _ => null,
            };
        }
    }

    private static ChatResponseFormat? Format(AIChatResponseFormat? format) => format switch
    {
        ChatResponseFormatJson { Schema: { } schema } json => ChatResponseFormat.CreateJsonSchemaFormat(
            json.SchemaName ?? "answer", BinaryData.FromString(schema.GetRawText()), json.SchemaDescription),
        ChatResponseFormatJson => ChatResponseFormat.CreateJsonObjectFormat(),
        ChatResponseFormatText => ChatResponseFormat.CreateTextFormat(),
        _ => null,
    };

    private static UserChatMessage User(AIChatMessage message)
    {
        if (!message.Contents.Any(static content => content is DataContent))
        {
            return new(message.Text);
        }

        return new(message.Contents.Select(static content => content switch
        {
            TextContent text => ChatMessageContentPart.CreateTextPart(text.Text),
            DataContent data when data.HasTopLevelMediaType("image") =>
                ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(data.Data), data.MediaType),
            _ => null,
        }).OfType<ChatMessageContentPart>());
    }

    private static AssistantChatMessage Assistant(AIChatMessage message)
    {
        var calls = message.Contents.OfType<FunctionCallContent>()
            .Select(call => ChatToolCall.CreateFunctionToolCall(call.CallId, call.Name, BinaryData.FromString(ToJson(call.Arguments))))
            .ToList();
        if (calls.Count == 0)
        {
            return new AssistantChatMessage(message.Text);
        }

        var assistant = new AssistantChatMessage(calls);
        if (message.Text is { Length: > 0 } text)
        {
            assistant.Content.Add(ChatMessageContentPart.CreateTextPart(text));
        }

        return assistant;
    }

    private static string ToJson(object? value) => JsonSerializer.Serialize(value, s_compact);
}
