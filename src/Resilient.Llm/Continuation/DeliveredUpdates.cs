using System.Buffers;
using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Continuation;

/// <summary>
/// What a caller has received of a stream, in a pooled array: kept for the partial response of a stream that breaks, and for the model that
/// continues it.
/// </summary>
/// <remarks>
/// <para>
/// A provider may fill one and the same update again and again, or one content in it, so a reference alone says nothing about what was delivered. Copying each
/// update would cost an allocation for every one of them, nearly always for nothing. So the reference is kept together with the text, which
/// cannot change: an update that no longer reads as it did is rebuilt, when it is asked for, from what it said then.
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

    /// <summary>Whether a finish reason was delivered, and no content behind it.</summary>
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

        // A string: the text, if any, that was all of it. A content: the one that it was. Null: the update is a copy already.
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

            // A reason that is there now was not there then: one that was is in a copy. A client that is deaf to its cancellation may go on filling.
            var copy = ShallowCopy.Of(_update);
            copy.FinishReason = null;
            copy.Contents = _said is not string text ? [(AIContent)_said] : text.Length == 0 ? [] : [new TextContent(text)];
            return copy;
        }

        private static (ChatResponseUpdate Update, object? Said) Other(ChatResponseUpdate update)
        {
            var contents = update.Contents;

            // One of many: a client that goes on filling it takes the reason away, and an answer that had ended must not look as if it had broken off.
            return update.FinishReason is not null ? (HeldUpdate.Of(update), null)
                : contents.Count == 0 ? (update, string.Empty)
                : contents.Count == 1 && contents[0] is TextContent plain && plain.GetType() == typeof(TextContent) ? (update, plain.Text)

                // Text of another kind may be filled again as well; several contents are rare. Both are copied at once.
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
