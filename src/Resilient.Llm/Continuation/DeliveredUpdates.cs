using System.Buffers;
using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Continuation;

/// <summary>What a caller has received of a stream, in a pooled array: to report or continue a stream that breaks.</summary>
/// <remarks>
/// <para>
/// A provider may reuse one update, or one content in it, so a reference alone does not tell what was delivered. A copy of each update
/// would cost an allocation, nearly always for nothing. So the reference is kept together with the immutable text: an update that has
/// changed since is rebuilt from that text when it is needed.
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

    public readonly int Count => _count;

    /// <summary>The update at a place, as it was when it arrived.</summary>
    public readonly ChatResponseUpdate this[int index] => _updates![index].AsDelivered();

    /// <summary>Keeps a copy of the newest update, with all that belongs to it, since it will be delivered later.</summary>
    public readonly void CopyLast() => _updates![_count - 1] = new(HeldUpdate.Of(_updates[_count - 1].AsDelivered()));

    /// <summary>Divides one piece of text into two updates, neither of which is what the provider sent.</summary>
    public void Split(int index, int length)
    {
        var whole = _updates![index].AsDelivered();
        if (_count == _updates.Length)
        {
            Grow();
        }

        Array.Copy(_updates!, index, _updates!, index + 1, _count - index);
        _count++;
        var text = ((TextContent)whole.Contents[0]).Text;
        _updates![index] = new(Piece(whole, text[..length]));
        _updates[index + 1] = new(Piece(whole, text[length..]));
    }

    /// <summary>Forgets all updates from a place on.</summary>
    public void Truncate(int count)
    {
        _updates?.AsSpan(count, _count - count).Clear();
        _count = count;
    }

    /// <summary>Whether a finish reason was delivered, without content after it.</summary>
    public readonly bool IsFinished
    {
        get
        {
            for (var i = _count - 1; i >= 0; i--)
            {
                var update = _updates![i].AsDelivered();
                if (update.FinishReason is not null)
                {
                    return true;
                }

                if (UpdateClassifier.Classify(update) != UpdateKind.Preamble)
                {
                    return false;
                }
            }

            return false;
        }
    }

    /// <summary>What was delivered, in order, as it was at delivery.</summary>
    public readonly ChatResponseUpdate[] ToArray() => ToArray(_count);

    /// <summary>The first of what was delivered.</summary>
    public readonly ChatResponseUpdate[] ToArray(int count)
    {
        var updates = new ChatResponseUpdate[count];
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

    private static ChatResponseUpdate Piece(ChatResponseUpdate whole, string text)
    {
        var piece = ShallowCopy.Of(whole);
        piece.Contents = [new TextContent(text)];
        piece.RawRepresentation = null;
        return piece;
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

        // A string: the text, if any, that was all of it. A content: the one it had. Null: the update is already a copy.
        private readonly object? _said;

        public Delivered(ChatResponseUpdate update)
        {
            _update = update;

            // Nearly every update is one piece of text in a list.
            if (update.FinishReason is null && update.Contents is List<AIContent> { Count: 1 } list && list[0] is { } content && content.GetType() == typeof(TextContent))
            {
                _said = ((TextContent)content).Text;
            }
            else
            {
                (_update, _said) = Other(update);
            }
        }

        public ChatResponseUpdate AsDelivered()
        {
            if (_said is null || (_update.FinishReason is null && StillSaysSo()))
            {
                return _update;
            }

            // A reason there now was added later: updates that had one were copied. A client may ignore its cancellation and continue.
            var copy = ShallowCopy.Of(_update);
            copy.FinishReason = null;
            copy.Contents = _said is not string text ? [(AIContent)_said] : text.Length == 0 ? [] : [new TextContent(text)];
            return copy;
        }

        private static (ChatResponseUpdate Update, object? Said) Other(ChatResponseUpdate update)
        {
            var contents = update.Contents;

            // A client that reuses the update removes the reason; a finished answer must not look like a broken one.
            return update.FinishReason is not null ? (HeldUpdate.Of(update), null)
                : contents.Count == 0 ? (update, string.Empty)
                : contents.Count == 1 && contents[0] is TextContent plain && plain.GetType() == typeof(TextContent) ? (update, plain.Text)

                // Other kinds of text may be reused as well; several contents are rare. Both are copied at once.
                : contents.Count > 1 || contents[0] is TextContent or TextReasoningContent ? (HeldUpdate.Of(update), null)
                : (update, contents[0]);
        }

        private bool StillSaysSo()
        {
            var contents = _update.Contents;
            return contents.Count switch
            {
                0 => _said is "",
                1 => contents[0] == _said || (contents[0] is TextContent now && now.GetType() == typeof(TextContent) && now.Text.Equals(_said as string, StringComparison.Ordinal)),
                _ => false,
            };
        }
    }
}
