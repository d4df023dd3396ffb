using System.Globalization;
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>The content of an answer: plain immutable data, from which any number of equal responses can be made.</summary>
/// <remarks>
/// Holds what an answer says (text, reasoning, the sources that it names), with its model, usage and simple properties. Ids and raw
/// representations belong to one response of one provider: an answer that is given again has none.
/// </remarks>
internal sealed record AnswerContent
{
    public required AnswerMessage[] Messages { get; init; }

    public string? ModelId { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public string? FinishReason { get; init; }

    public AnswerUsage? Usage { get; init; }

    public AnswerProperty[]? Properties { get; init; }

    /// <summary>Whether the model finished by itself and said something.</summary>
    public bool IsComplete() => FinishReason == ChatFinishReason.Stop.Value && HasText();

    public bool HasText() =>
        Messages.Any(static message => message.Parts.Any(static part => !part.IsReasoning && !string.IsNullOrWhiteSpace(part.Text)));

    /// <summary>Everything that it says, without reasoning.</summary>
    public string Text() => string.Concat(
        Messages.SelectMany(static message => message.Parts).Where(static part => !part.IsReasoning).Select(static part => part.Text));

    public long EstimateSize() => 512 + Messages.Sum(static message => 256L + message.Parts.Sum(static part => part.EstimateSize()));

    public ChatResponse ToResponse() => new([.. Messages.Select((_, index) => MessageAt(index))])
    {
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
            var message = MessageAt(i);
            updates[i] = new(message.Role, message.Contents)
            {
                AuthorName = message.AuthorName,
                MessageId = message.MessageId,
                CreatedAt = CreatedAt,
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
                ModelId = ModelId,
            };
        }

        updates[^1].FinishReason = FinishReason is null ? null : new ChatFinishReason(FinishReason);
        return updates;
    }

    private ChatMessage MessageAt(int index) => new(ChatRole.Assistant, [.. Messages[index].Parts.Select(static part => part.ToContent())])
    {
        AuthorName = Messages[index].AuthorName,
        CreatedAt = CreatedAt,

        // In a stream only ids keep several messages apart.
        MessageId = Messages.Length == 1 ? null : string.Create(CultureInfo.InvariantCulture, $"stored-{index + 1}"),
    };
}

/// <summary>One message of an answer.</summary>
internal sealed record AnswerMessage
{
    public required AnswerPart[] Parts { get; init; }

    public string? AuthorName { get; init; }
}

internal sealed record AnswerPart(string Text, bool IsReasoning = false, AnswerCitation[]? Citations = null)
{
    public long EstimateSize() =>
        64L + (sizeof(char) * (long)Text.Length) + (Citations?.Sum(static citation => citation.EstimateSize()) ?? 0);

    /// <remarks>Reasoning is for the reader: without what its provider sealed and kept of it, no endpoint takes it back.</remarks>
    public AIContent ToContent() => IsReasoning
        ? new TextReasoningContent(Text) { AdditionalProperties = new() { [AuthorMark.Key] = AuthorMark.Stored } }
        : new TextContent(Text)
        {
            Annotations = Citations is null ? null : [.. Citations.Select(static citation => citation.ToAnnotation())],
        };
}
