using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>
/// Records what a stream says while it passes, as <see cref="ChatResponseExtensions.ToChatResponse"/> would combine it at the end.
/// </summary>
/// <remarks>
/// Copies what it needs at once and keeps no update: the stream's reader may change them. A stream with more than one message of text is
/// not recorded. Not thread-safe: a stream has one reader.
/// </remarks>
internal sealed class AnswerRecorder
{
    private readonly List<AnswerPart> _parts = [];
    private readonly StringBuilder _text = new();
    private bool _isOpen;
    private bool _isReasoning;
    private bool _hasMessage;
    private bool _isLost;
    private string? _messageId;
    private string? _authorName;
    private string? _responseId;
    private string? _modelId;
    private string? _finishReason;
    private DateTimeOffset? _createdAt;
    private UsageDetails? _usage;
    private AdditionalPropertiesDictionary? _ofMessage;
    private AdditionalPropertiesDictionary? _ofResponse;

    public void Add(ChatResponseUpdate update)
    {
        if (_isLost)
        {
            return;
        }

        try
        {
            _isLost = !TakeHead(update) || !TakeContents(update.Contents);
        }
        catch (Exception)
        {
            // Contents may be foreign lists. What cannot be read is not stored; it still reaches the caller.
            _isLost = true;
        }
    }

    /// <summary>The answer; null if it could not be given back unchanged.</summary>
    public AnswerContent? ToContent()
    {
        AnswerUsage? usage = null;
        if (_isLost || !_hasMessage
            || !AnswerProperty.TryTake(_ofMessage, out var ofMessage) || !AnswerProperty.TryTake(_ofResponse, out var ofResponse)
            || (_usage is not null && (usage = AnswerUsage.From(_usage)) is null))
        {
            return null;
        }

        EndPart();
        return new()
        {
            Messages =
            [
                new()
                {
                    Parts = [.. _parts], MessageId = _messageId, AuthorName = _authorName, CreatedAt = _createdAt, Properties = ofMessage,
                },
            ],
            ResponseId = _responseId,
            ModelId = _modelId,
            CreatedAt = _createdAt,
            FinishReason = _finishReason,
            Usage = usage,
            Properties = ofResponse,
        };
    }

    private bool TakeHead(ChatResponseUpdate update)
    {
        if (update.ConversationId is not null
            || update.ContinuationToken is not null
            || (update.Role is { } role && role != ChatRole.Assistant)
            || !Same(ref _messageId, update.MessageId) || !Same(ref _authorName, update.AuthorName))
        {
            return false;
        }

        _hasMessage = true;
        _responseId = update.ResponseId ?? _responseId;
        _modelId = update.ModelId ?? _modelId;
        _finishReason = update.FinishReason?.Value ?? _finishReason;
        if (update.CreatedAt is { } createdAt && (_createdAt is null || createdAt > _createdAt))
        {
            _createdAt = createdAt;
        }

        if (update.AdditionalProperties is { Count: > 0 } properties)
        {
            var target = string.IsNullOrEmpty(update.MessageId) ? _ofResponse ??= [] : _ofMessage ??= [];
            foreach (var (name, value) in properties)
            {
                target[name] = value;
            }
        }

        return true;
    }

    private bool TakeContents(IList<AIContent> contents)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            if (!Take(contents[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool Take(AIContent content)
    {
        switch (content)
        {
            case TextContent text when AnswerSnapshot.IsBare(text):
                Append(text.Text, isReasoning: false);
                return true;
            case TextReasoningContent reasoning when AnswerSnapshot.IsBare(reasoning):
                Append(reasoning.Text, isReasoning: true);
                if (reasoning.ProtectedData is { } data)
                {
                    // What a provider sealed ends the piece of reasoning it belongs to.
                    EndPart(data);
                }

                return true;
            case UsageContent usage:
                (_usage ??= new()).Add(usage.Details);
                return usage.Details.GetType() == typeof(UsageDetails);
            default:
                return false;
        }
    }

    private void Append(string text, bool isReasoning)
    {
        if (_isReasoning != isReasoning)
        {
            EndPart();
        }

        (_isOpen, _isReasoning) = (true, isReasoning);
        _text.Append(text);
    }

    private void EndPart(string? protectedData = null)
    {
        if (_isOpen)
        {
            _parts.Add(new(_text.ToString(), _isReasoning, protectedData));
            _text.Clear();
            _isOpen = false;
        }
    }

    /// <summary>A second id or author would begin a second message.</summary>
    private static bool Same(ref string? known, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return true;
        }

        known ??= value;
        return string.Equals(known, value, StringComparison.Ordinal);
    }
}
