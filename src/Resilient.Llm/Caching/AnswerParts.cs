using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>Gathers what an answer says, message by message. Not thread-safe.</summary>
/// <param name="joinsText">Whether pieces of text that follow each other are one: those of a stream.</param>
internal sealed class AnswerParts(bool joinsText)
{
    private readonly List<AnswerMessage> _messages = [];
    private readonly List<AnswerPart> _parts = [];
    private readonly StringBuilder _text = new();
    private bool _isOpen;
    private bool _isReasoning;
    private string? _authorName;
    private string? _messageId;

    public UsageDetails? Usage { get; private set; }

    /// <summary>Takes what a message says. False if it says more than can be stored.</summary>
    public bool Take(ChatMessage message)
    {
        EndMessage();
        _authorName = message.AuthorName;
        return Take(message.Role, message.Contents);
    }

    /// <summary>Takes what an update says. False if it says more than can be stored.</summary>
    public bool Take(ChatResponseUpdate update)
    {
        // Another author or id begins another message.
        if (IsAnother(_authorName, update.AuthorName) || IsAnother(_messageId, update.MessageId))
        {
            EndMessage();
            (_authorName, _messageId) = (null, null);
        }

        _authorName = string.IsNullOrEmpty(update.AuthorName) ? _authorName : update.AuthorName;
        _messageId = string.IsNullOrEmpty(update.MessageId) ? _messageId : update.MessageId;
        return Take(update.Role, update.Contents);
    }

    public AnswerMessage[] ToMessages()
    {
        EndMessage();
        return [.. _messages];
    }

    private static bool IsAnother(string? known, string? value) =>
        !string.IsNullOrEmpty(known) && !string.IsNullOrEmpty(value) && !string.Equals(known, value, StringComparison.Ordinal);

    private bool Take(ChatRole? role, IList<AIContent> contents)
    {
        if (role is { } known && known != ChatRole.Assistant)
        {
            return false;
        }

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
            case TextContent text when AnswerCitation.From(text.Annotations) is { } citations:
                EndPart();
                _parts.Add(new(text.Text, Citations: citations));
                return true;
            case TextContent text:
                Append(text.Text, isReasoning: false);
                return true;
            case TextReasoningContent reasoning:
                // Without what its provider sealed, which is that provider's alone.
                Append(reasoning.Text, isReasoning: true);
                return true;
            case UsageContent usage:
                (Usage ??= new()).Add(usage.Details);
                return true;

            // The bare base class carries a provider's raw item, and perhaps sources of the text before it.
            case not null when content.GetType() == typeof(AIContent):
                if (AnswerCitation.From(content.Annotations) is { } sources)
                {
                    EndPart();
                    _parts.Add(new("", Citations: sources));
                }

                return true;
            default:
                return false;
        }
    }

    private void Append(string text, bool isReasoning)
    {
        if (_isReasoning != isReasoning || !(joinsText || isReasoning))
        {
            EndPart();
        }

        (_isOpen, _isReasoning) = (true, isReasoning);
        _text.Append(text);
    }

    private void EndPart()
    {
        if (_isOpen)
        {
            _parts.Add(new(_text.ToString(), _isReasoning));
            _text.Clear();
            _isOpen = false;
        }
    }

    private void EndMessage()
    {
        EndPart();
        if (_parts.Count > 0)
        {
            _messages.Add(new() { Parts = [.. _parts], AuthorName = _authorName });
            _parts.Clear();
        }
    }
}
