using System.Buffers;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>What a caller has received of a stream, in a pooled array: kept for the partial response of a stream that breaks, and for whoever continues it.</summary>
/// <remarks>
/// <para>
/// A provider may fill one and the same update again and again, or one content in it, so a reference alone says nothing about what was delivered. Copying each
/// update would cost an allocation for every one of them, nearly always for nothing. So the reference is kept together with the text, which nobody can change: an update that
/// no longer reads as it did is rebuilt, when it is asked for, from what it said then.
/// </para>
/// <para>Mutable struct: hold it in a field and dispose it once.</para>
/// </remarks>
internal struct DeliveredUpdates : IDisposable
{
    private Delivered[]? _updates;
    private int _count;

    public void Add(ChatResponseUpdate update)
    {
        if (_updates is null || _count == _updates.Length)
        {
            Grow();
        }

        _updates![_count++] = new(update);
    }

    /// <summary>What was delivered, in order, as it read when it was.</summary>
    public readonly ChatResponseUpdate[] ToArray()
    {
        var updates = new ChatResponseUpdate[_count];
        for (var i = 0; i < updates.Length; i++)
        {
            updates[i] = _updates![i].AsDelivered();
        }

        return updates;
    }

    public readonly ChatResponse ToChatResponse() => ToArray().ToChatResponse();

    public void Dispose()
    {
        if (_updates is { } updates)
        {
            _updates = null;
            _count = 0;
            ArrayPool<Delivered>.Shared.Return(updates, clearArray: true);
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<Delivered>.Shared.Rent(Math.Max(16, _count * 2));
        if (_updates is { } updates)
        {
            updates.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<Delivered>.Shared.Return(updates, clearArray: true);
        }

        _updates = larger;
    }

    private readonly struct Delivered
    {
        private readonly ChatResponseUpdate _update;
        private readonly AIContent? _content;
        private readonly string? _text;

        public Delivered(ChatResponseUpdate update)
        {
            var contents = update.Contents;
            _update = update;
            switch (contents.Count)
            {
                case 0:
                    _text = string.Empty;
                    break;
                case 1:
                    _content = contents[0];
                    _text = TextOf(_content);
                    break;
                default:
                    // Rare enough to be copied at once.
                    _update = HeldUpdate.Of(update);
                    break;
            }
        }

        public ChatResponseUpdate AsDelivered()
        {
            if (_content is null && _text is null)
            {
                return _update;
            }

            var contents = _update.Contents;
            var isSameContent = TextOf(_content) == _text;
            if (_content is null ? contents.Count == 0 : isSameContent && contents.Count == 1 && contents[0] == _content)
            {
                return _update;
            }

            var copy = ShallowCopy.Of(_update);
            copy.Contents = _content is null ? [] : [isSameContent ? _content : AsItRead(_content, _text)];
            return copy;
        }

        private static string? TextOf(AIContent? content) => content switch
        {
            TextContent text => text.Text,
            TextReasoningContent reasoning => reasoning.Text,
            _ => null,
        };

        private static AIContent AsItRead(AIContent content, string? text)
        {
            var copy = ShallowCopy.Of(content);
            if (copy is TextContent ofText)
            {
                ofText.Text = text;
            }
            else if (copy is TextReasoningContent ofReasoning)
            {
                ofReasoning.Text = text;
            }

            return copy;
        }
    }
}
