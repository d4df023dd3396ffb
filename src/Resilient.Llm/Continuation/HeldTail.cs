using Microsoft.Extensions.AI;

namespace Resilient.Llm.Continuation;

/// <summary>Holds back the end of a stream while another model could not continue it there, and nothing else.</summary>
/// <remarks>
/// The updates that have arrived are in <see cref="DeliveredUpdates"/>, which the owner passes in; this decides how many of them a caller
/// may see. Text is released when it is no longer inside a number or a row (<see cref="FragileTail"/>); anything but text (a tool call,
/// usage, an error, the end) releases everything. Allocates only where one update has to be divided. Mutable struct.
/// </remarks>
internal struct HeldTail()
{
    private FragileTail _tail = new();

    // How many updates, and how many characters in them, were released.
    private int _released;
    private int _releasedLength;

    // How many characters may be, in spite of the tail.
    private int _forced;

    /// <summary>How many updates the caller has.</summary>
    public readonly int Released => _released;

    /// <summary>Takes the newest update.</summary>
    /// <returns>Whether it passes as it is: nothing is held before it or in it. If not, ask for what is released.</returns>
    public bool Passes(ChatResponseUpdate update, ref DeliveredUpdates arrived)
    {
        if (IsPlain(update, out var text))
        {
            _tail.Take(text);
        }
        else
        {
            for (var i = 0; i < update.Contents.Count; i++)
            {
                _tail.Take((update.Contents[i] as TextContent)?.Text);
            }

            ReleaseAll();
        }

        if (_released != arrived.Count - 1 || Math.Max(_tail.SafeLength, _forced) < _tail.Length)
        {
            // Its provider may fill it with the next one.
            arrived.CopyLast();
            return false;
        }

        _released = arrived.Count;
        _releasedLength = _tail.Length;
        return true;
    }

    /// <summary>Takes an update of a stream of which nothing is held back.</summary>
    public bool PassesUnread()
    {
        _released++;
        return true;
    }

    /// <summary>Releases what has arrived, whatever it is.</summary>
    public void ReleaseAll() => _forced = _tail.Length;

    /// <summary>Takes the next update that the caller may see. False if there is none.</summary>
    public bool TryRelease(ref DeliveredUpdates arrived, out ChatResponseUpdate update)
    {
        update = null!;
        if (_released == arrived.Count)
        {
            return false;
        }

        var safe = Math.Max(_tail.SafeLength, _forced);
        update = arrived[_released];
        var length = LengthOf(update);
        if (_releasedLength + length > safe)
        {
            var part = safe - _releasedLength;
            if (part <= 0 || !IsDivisible(update, out var text) || text.AsSpan(0, part).IsWhiteSpace())
            {
                return false;
            }

            // A long update with a number at its end.
            update = ReleasePart(ref arrived, part);
            return true;
        }

        _released++;
        _releasedLength += length;
        return true;
    }

    /// <summary>The stream broke: releases the white space before what is held, since the rest will come from another model.</summary>
    public bool TryReleaseSpace(ref DeliveredUpdates arrived, out ChatResponseUpdate update)
    {
        update = null!;
        if (_released == arrived.Count || !IsPlain(arrived[_released], out var text))
        {
            return false;
        }

        var space = text.Length - text.AsSpan().TrimStart().Length;
        if (space == 0 || (space < text.Length && !IsDivisible(arrived[_released], out _)))
        {
            return false;
        }

        update = space == text.Length ? arrived[_released] : ReleasePart(ref arrived, space);
        if (space == text.Length)
        {
            _released++;
            _releasedLength += space;
        }

        return true;
    }

    /// <summary>Forgets what is held: the text has been continued from what was released.</summary>
    public void Drop(ref DeliveredUpdates arrived)
    {
        arrived.Truncate(_released);
        _tail = new();
        for (var i = 0; i < _released; i++)
        {
            foreach (var content in arrived[i].Contents)
            {
                _tail.Take((content as TextContent)?.Text);
            }
        }

        _forced = 0;
    }

    private ChatResponseUpdate ReleasePart(ref DeliveredUpdates arrived, int length)
    {
        arrived.Split(_released, length);
        _releasedLength += length;
        return arrived[_released++];
    }

    /// <summary>One piece of text and nothing else, or nothing at all.</summary>
    private static bool IsPlain(ChatResponseUpdate update, out string text)
    {
        var contents = update.Contents;
        text = "";
        if (update.FinishReason is not null || contents.Count > 1)
        {
            return false;
        }

        if (contents.Count == 1)
        {
            if (contents[0] is not TextContent piece || piece.GetType() != typeof(TextContent))
            {
                return false;
            }

            text = piece.Text;
        }

        return true;
    }

    /// <summary>Whether an update holds nothing that would be lost with the pieces of its text: sources, properties.</summary>
    private static bool IsDivisible(ChatResponseUpdate update, out string text) =>
        IsPlain(update, out text) && update.Contents is [{ Annotations: null or { Count: 0 }, AdditionalProperties: null or { Count: 0 } }];

    private static int LengthOf(ChatResponseUpdate update)
    {
        var length = 0;
        for (var i = 0; i < update.Contents.Count; i++)
        {
            length += update.Contents[i] is TextContent text ? text.Text.Length : 0;
        }

        return length;
    }
}
