using Microsoft.Extensions.AI;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

/// <summary>
/// Records what a stream says while it passes, as <see cref="ChatResponseExtensions.ToChatResponse"/> would combine it at the end.
/// </summary>
/// <remarks>
/// Copies what it needs at once and keeps no update: the stream's reader may change them. Not thread-safe: a stream has one reader.
/// </remarks>
internal sealed class AnswerRecorder
{
    private readonly AnswerParts _parts = new(joinsText: true);
    private AnswerNotStored _refusal;
    private string? _modelId;
    private string? _finishReason;
    private DateTimeOffset? _createdAt;
    private AdditionalPropertiesDictionary? _properties;

    /// <summary>The report of a ladder below; null if there was none.</summary>
    public ResilienceReport? Report => _properties.GetResilienceReport();

    public void Add(ChatResponseUpdate update)
    {
        if (_refusal != AnswerNotStored.None)
        {
            return;
        }

        try
        {
            Take(update);
        }
        catch (Exception)
        {
            // Contents may be foreign lists. What cannot be read is not stored; it still reaches the caller.
            _refusal = AnswerNotStored.AnswerContent;
        }
    }

    /// <summary>What the stream said; null if that is more than can be stored.</summary>
    /// <param name="refusal">Why there is no content.</param>
    public AnswerContent? ToContent(out AnswerNotStored refusal)
    {
        refusal = _refusal;
        return refusal != AnswerNotStored.None ? null : new()
        {
            Messages = _parts.ToMessages(),
            ModelId = _modelId,
            CreatedAt = _createdAt,
            FinishReason = _finishReason,
            Usage = _parts.Usage is null ? null : AnswerUsage.From(_parts.Usage),
            Properties = AnswerProperty.Take(_properties),
        };
    }

    private void Take(ChatResponseUpdate update)
    {
        _refusal = update.ContinuationToken is not null ? AnswerNotStored.Incomplete
            : _parts.Take(update) ? AnswerNotStored.None
            : AnswerNotStored.AnswerContent;
        _modelId = update.ModelId ?? _modelId;
        _finishReason = update.FinishReason?.Value ?? _finishReason;
        if (update.CreatedAt is { } createdAt && (_createdAt is null || createdAt > _createdAt))
        {
            _createdAt = createdAt;
        }

        if (update.AdditionalProperties is { Count: > 0 } properties)
        {
            _properties ??= [];
            foreach (var (name, value) in properties)
            {
                _properties[name] = value;
            }
        }
    }
}
