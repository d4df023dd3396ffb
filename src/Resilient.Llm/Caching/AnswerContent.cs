using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>The content of an answer: plain immutable data, from which any number of equal responses can be made.</summary>
/// <remarks>
/// Holds text, reasoning, ids, usage and simple properties, and drops raw representations. An answer with anything else has no such form.
/// </remarks>
internal sealed record AnswerContent
{
    public required AnswerMessage[] Messages { get; init; }

    public string? ResponseId { get; init; }

    public string? ModelId { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public string? FinishReason { get; init; }

    public AnswerUsage? Usage { get; init; }

    public AnswerProperty[]? Properties { get; init; }

    /// <summary>Whether the model finished by itself and said something.</summary>
    public bool IsComplete() =>
        FinishReason == ChatFinishReason.Stop.Value
        && Messages.Any(static message => message.Parts.Any(static part => !part.IsReasoning && !string.IsNullOrWhiteSpace(part.Text)));

    public long EstimateSize() => 512 + Messages.Sum(static message => 256L + message.Parts.Sum(static part => part.EstimateSize()));

    public ChatResponse ToResponse() => new([.. Messages.Select(static message => message.ToMessage())])
    {
        ResponseId = ResponseId,
        ModelId = ModelId,
        CreatedAt = CreatedAt,
        FinishReason = FinishReason is null ? null : new ChatFinishReason(FinishReason),
        Usage = Usage?.ToUsage(),
        AdditionalProperties = AnswerProperty.ToDictionary(Properties),
    };

    /// <summary>The answer as a stream: one update per message, and a last one for usage and properties of the whole.</summary>
    public ChatResponseUpdate[] ToUpdates()
    {
        var hasEnd = Usage is not null || Properties is not null;
        var updates = new ChatResponseUpdate[Messages.Length + (hasEnd ? 1 : 0)];
        for (var i = 0; i < Messages.Length; i++)
        {
            var message = Messages[i].ToMessage();
            updates[i] = new(message.Role, message.Contents)
            {
                AuthorName = message.AuthorName,
                MessageId = message.MessageId,
                AdditionalProperties = message.AdditionalProperties,
                CreatedAt = message.CreatedAt ?? CreatedAt,
                ResponseId = ResponseId,
                ModelId = ModelId,
            };
        }

        if (hasEnd)
        {
            updates[^1] = new()
            {
                Role = ChatRole.Assistant,
                Contents = Usage is null ? [] : [new UsageContent(Usage.ToUsage())],
                AdditionalProperties = AnswerProperty.ToDictionary(Properties),
                ResponseId = ResponseId,
                ModelId = ModelId,
            };
        }

        updates[^1].FinishReason = FinishReason is null ? null : new ChatFinishReason(FinishReason);
        return updates;
    }
}

internal sealed record AnswerMessage
{
    public required AnswerPart[] Parts { get; init; }

    public string? MessageId { get; init; }

    public string? AuthorName { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public AnswerProperty[]? Properties { get; init; }

    public ChatMessage ToMessage() => new(ChatRole.Assistant, [.. Parts.Select(static part => part.ToContent())])
    {
        MessageId = MessageId,
        AuthorName = AuthorName,
        CreatedAt = CreatedAt,
        AdditionalProperties = AnswerProperty.ToDictionary(Properties),
    };
}

internal sealed record AnswerPart(string Text, bool IsReasoning = false, string? ProtectedData = null)
{
    public long EstimateSize() => 64L + (sizeof(char) * ((long)Text.Length + (ProtectedData?.Length ?? 0)));

    public AIContent ToContent() => IsReasoning ? new TextReasoningContent(Text) { ProtectedData = ProtectedData } : new TextContent(Text);
}
