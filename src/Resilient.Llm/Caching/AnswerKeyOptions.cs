#pragma warning disable MEAI001 // As in AnswerKeyContents.
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

internal static class AnswerKeyOptions
{
    private static readonly ChatOptions NoOptions = new();

    public static void Write(ref AnswerKeyWriter writer, ChatOptions? options)
    {
        options ??= NoOptions;
        if (Refusal(options) is not AnswerNotStored.None and var refusal)
        {
            writer.Refuse(refusal);
            return;
        }

        writer.String((options as ResilientChatOptions)?.CachePartition);
        writer.String(options.ModelId);
        writer.String(options.Instructions);
        writer.Optional(options.Temperature);
        writer.Optional(options.TopP);
        writer.Optional(options.TopK);
        writer.Optional(options.MaxOutputTokens);
        writer.Optional(options.FrequencyPenalty);
        writer.Optional(options.PresencePenalty);
        writer.Optional(options.Seed);
        writer.Flag(options.AllowMultipleToolCalls);
        writer.Numbers((long?)options.Reasoning?.Effort, (long?)options.Reasoning?.Output);
        writer.List(options.StopSequences);
        Format(ref writer, options.ResponseFormat);
        ToolMode(ref writer, options.ToolMode);
        Tools(ref writer, options.Tools);
        AnswerKeyValues.Map(ref writer, options.AdditionalProperties, 0);
    }

    /// <summary>
    /// State held by a provider, and requests that only one provider understands, have no answer that could be stored. A foreign subclass
    /// may hold anything.
    /// </summary>
    private static AnswerNotStored Refusal(ChatOptions options) =>
        options.ConversationId is not null || options.ContinuationToken is not null || options.AllowBackgroundResponses is true
            ? AnswerNotStored.ProviderState
        : options.RawRepresentationFactory is null
            && (options is ResilientChatOptions { Derived: null } || options.GetType() == typeof(ChatOptions))
            && DerivedOptions.SettingsOf(options) is null
            ? AnswerNotStored.None
        : AnswerNotStored.ProviderOptions;

    private static void Format(ref AnswerKeyWriter writer, ChatResponseFormat? format)
    {
        switch (format)
        {
            case null: writer.Byte(0); break;
            case ChatResponseFormatText: writer.Byte(1); break;
            case ChatResponseFormatJson json:
                writer.Texts(2, json.SchemaName, json.SchemaDescription);
                AnswerKeyValues.Json(ref writer, json.Schema);
                break;
            default: writer.Refuse(AnswerNotStored.ProviderOptions); break;
        }
    }

    private static void ToolMode(ref AnswerKeyWriter writer, ChatToolMode? mode)
    {
        switch (mode)
        {
            case null: writer.Byte(0); break;
            case AutoChatToolMode: writer.Byte(1); break;
            case NoneChatToolMode: writer.Byte(2); break;
            case RequiredChatToolMode required: writer.Texts(3, required.RequiredFunctionName); break;
            default: writer.Refuse(AnswerNotStored.ProviderOptions); break;
        }
    }

    /// <summary>Only functions: results of hosted tools (web, files) depend on state that no key can see.</summary>
    private static void Tools(ref AnswerKeyWriter writer, IList<AITool>? tools)
    {
        foreach (var tool in tools ?? [])
        {
            if (tool is not AIFunctionDeclaration function)
            {
                writer.Refuse(AnswerNotStored.HostedTool);
                return;
            }

            writer.Texts(1, function.Name, function.Description);
            AnswerKeyValues.Json(ref writer, function.JsonSchema);
            AnswerKeyValues.Json(ref writer, function.ReturnJsonSchema);
            AnswerKeyValues.Map(ref writer, function.AdditionalProperties, 0);
        }

        writer.Byte(0);
    }
}
