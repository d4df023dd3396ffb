using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>Records what a response says, if it can be given back without loss.</summary>
internal static class AnswerSnapshot
{
    /// <summary>Null for a response that holds more than text: tool calls, data, citations, a conversation held by the provider.</summary>
    /// <remarks>Foreign lists may throw. What cannot be read is not stored; it still reaches the caller.</remarks>
    public static AnswerContent? TryTake(ChatResponse response) => ForeignCode.Try(response, Take);

    private static AnswerContent? Take(ChatResponse response)
    {
        if (response.GetType() != typeof(ChatResponse) || response.ConversationId is not null || response.ContinuationToken is not null
            || !AnswerProperty.TryTake(response.AdditionalProperties, out var properties))
        {
            return null;
        }

        AnswerUsage? usage = null;
        if (response.Usage is not null && (usage = AnswerUsage.From(response.Usage)) is null)
        {
            return null;
        }

        var messages = new AnswerMessage[response.Messages.Count];
        for (var i = 0; i < messages.Length; i++)
        {
            if (Take(response.Messages[i]) is not { } message)
            {
                return null;
            }

            messages[i] = message;
        }

        return !CanStream(messages) ? null : new()
        {
            Messages = messages,
            ResponseId = response.ResponseId,
            ModelId = response.ModelId,
            CreatedAt = response.CreatedAt,
            FinishReason = response.FinishReason?.Value,
            Usage = usage,
            Properties = properties,
        };
    }

    private static AnswerMessage? Take(ChatMessage message)
    {
        if (message.Role != ChatRole.Assistant || !AnswerProperty.TryTake(message.AdditionalProperties, out var properties))
        {
            return null;
        }

        var parts = new AnswerPart[message.Contents.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var content = message.Contents[i];
            switch (content)
            {
                case TextContent text when IsBare(content): parts[i] = new(text.Text); break;
                case TextReasoningContent reasoning when IsBare(content):
                    parts[i] = new(reasoning.Text, true, reasoning.ProtectedData);
                    break;
                default: return null;
            }
        }

        return new()
        {
            Parts = parts,
            MessageId = message.MessageId,
            AuthorName = message.AuthorName,
            CreatedAt = message.CreatedAt,
            Properties = properties,
        };
    }

    /// <summary>Whether a content holds only its text.</summary>
    internal static bool IsBare(AIContent content) =>
        content.Annotations is not { Count: > 0 }
        && (content.AdditionalProperties is not { Count: > 0 } properties
            || properties.All(static property => property.Value is ResilienceReport || property.Key == AuthorMark.Key));

    /// <summary>In a stream only ids keep messages and their properties apart: without them, two messages come back as one.</summary>
    private static bool CanStream(AnswerMessage[] messages) => messages.Length switch
    {
        0 => false,
        1 => messages[0].Properties is null || !string.IsNullOrEmpty(messages[0].MessageId),
        _ => messages.All(static message => !string.IsNullOrEmpty(message.MessageId))
            && messages.Select(static message => message.MessageId).Distinct(StringComparer.Ordinal).Count() == messages.Length,
    };
}
