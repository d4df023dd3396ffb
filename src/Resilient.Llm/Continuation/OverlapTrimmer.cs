using System.Text;

namespace Resilient.Llm.Continuation;

/// <summary>Joins a continuation to its partial answer: removes what it repeats (the overlap) and refuses what does not fit.</summary>
/// <remarks>
/// <para>
/// Text is held only while it may still be a repetition, an opening that talks about itself, or a refusal; for ordinary text that takes a
/// few characters. Of all ends of the partial answer (within its last <see cref="Window"/> characters) that the continuation begins with,
/// the longest one that <see cref="Overlap"/> finds credible is removed. Where a repetition and a plain continuation are equally likely,
/// the continuation does not fit: a wrong guess would lose or repeat words, and another model may be clear. White space, case and
/// typographic quotes make no difference, see <see cref="ComparableText"/>.
/// </para>
/// <para>
/// The division of the text into updates makes no difference. Cost per character: at most one step for each place in the window that still
/// fits. Mutable; for one continuation; not thread-safe.
/// </para>
/// </remarks>
internal sealed class OverlapTrimmer(string partialText)
{
    /// <summary>How far back a repetition may begin.</summary>
    public const int Window = 2_000;

    private readonly StringBuilder _held = new();
    private readonly ComparableText _partial = ComparableText.Of(partialText);

    // Where in the partial answer the held text may begin as a repetition.
    private readonly List<int> _places = [];

    // The complete repetitions, ascending: how many comparable characters, and how many held ones.
    private readonly List<(int Length, int Held)> _repetitions = [];
    private readonly StringBuilder _compared = new();
    private readonly RestartDetector _opening = new();
    private RestartDetector? _openingBehind;
    private Restart _restart;
    private int _repeated = -1;
    private int _spaces;
    private OverlapResult _verdict;

    /// <summary>Takes the text of the next update. Releases text only with the verdict <see cref="OverlapResult.Joined"/>.</summary>
    public OverlapResult Feed(string text, out string released)
    {
        released = "";
        if (_verdict == OverlapResult.Joined)
        {
            released = text;
        }

        for (var i = 0; i < text.Length && _verdict == OverlapResult.Pending; i++)
        {
            Take(text[i]);
            released = Decide(text.AsSpan(i + 1), isEnd: false);
        }

        return _verdict;
    }

    /// <summary>Decides at the end of the continuation. After a decision it changes and releases nothing.</summary>
    public OverlapResult End(out string released)
    {
        released = _verdict == OverlapResult.Pending ? Decide(default, isEnd: true) : "";
        return _verdict;
    }

    private void Take(char next)
    {
        _held.Append(next);
        _opening.Take(next);
        _openingBehind?.Take(next);
        _spaces = char.IsWhiteSpace(next) ? _spaces + 1 : 0;
        if (_repeated >= 0 || !ComparableText.Adds(_compared.Length == 0 ? ' ' : _compared[^1], next, out var comparable))
        {
            return;
        }

        if (_compared.Length == 0)
        {
            _restart = new(_partial);
            AddPlaces(isAfterSpace: _held.Length > 1);
        }

        _compared.Append(comparable);
        _restart.Take(next, comparable);
        KeepPlaces(comparable);
    }

    /// <summary>A continuation that begins with white space does not repeat the end of a word.</summary>
    private void AddPlaces(bool isAfterSpace)
    {
        var written = _partial.Written;
        for (var i = Math.Max(0, written.Length - Window); i < written.Length; i++)
        {
            if (!isAfterSpace || i == 0 || char.IsWhiteSpace(written[i - 1]) || Words.IsUnspaced(written[i]))
            {
                _places.Add(i);
            }
        }
    }

    // By hand: RemoveAll would allocate a closure for every character.
    private void KeepPlaces(char next)
    {
        var length = _compared.Length;
        var kept = 0;
        for (var i = 0; i < _places.Count; i++)
        {
            if (_partial[_places[i] + length - 1] == next)
            {
                _places[kept++] = _places[i];
            }
            else
            {
                _restart.Left(_places[i], length - 1);
            }
        }

        _places.RemoveRange(kept, _places.Count - kept);

        // Only the last place can have reached the end of the partial answer: each begins further back than the next.
        if (kept > 0 && _places[^1] + length == _partial.Length)
        {
            _places.RemoveAt(kept - 1);
            _repetitions.Add((length, _held.Length));
        }
    }

    private string Decide(ReadOnlySpan<char> behind, bool isEnd)
    {
        if (isEnd)
        {
            _opening.End();
            _openingBehind?.End();
        }

        if (_repeated < 0)
        {
            if (!isEnd && !IsOverlapDecided())
            {
                return "";
            }

            DecideOverlap(isEnd);
        }

        if (_opening.Length > _repeated || _openingBehind is { IsComplete: true })
        {
            _verdict = OverlapResult.Unfit;
        }

        if (_verdict == OverlapResult.Unfit || (!isEnd && (_opening.IsPossible || _openingBehind is { IsPossible: true } || NeedsMore())))
        {
            return Free("");
        }

        _verdict = OverlapResult.Joined;
        SkipSpaces();
        var rest = Rest();
        return Free(string.Concat(_repeated == 0 ? Spacing.Missing(partialText, rest) : "", rest, behind));
    }

    private bool IsOverlapDecided()
    {
        if (_spaces == RestartDetector.Limit)
        {
            // White space without end.
            return true;
        }

        // The next character shows whether a word ends with the repetition.
        var isJustRepeated = _repetitions.Count > 0 && _repetitions[^1].Held == _held.Length;
        return _compared.Length > 0 && _places.Count == 0 && !isJustRepeated && !_restart.IsUndecided;
    }

    private void DecideOverlap(bool isEnd)
    {
        var repeated = 0;
        var isWrittenAlike = false;
        _repeated = 0;
        for (var i = _repetitions.Count - 1; i >= 0 && _repeated == 0; i--)
        {
            var (length, held) = _repetitions[i];
            var next = held < _held.Length ? _held[held] : ' ';
            switch (Overlap.Judge(partialText, _partial, length, next))
            {
                case OverlapLikelihood.Credible:
                    (_repeated, repeated) = (held, length);
                    isWrittenAlike = _restart.First == _partial.Written[^length];
                    break;
                case OverlapLikelihood.Ambiguous:
                    _verdict = OverlapResult.Unfit;
                    return;
            }
        }

        foreach (var place in _places)
        {
            _restart.Left(place, _compared.Length);
        }

        if (_restart.IsOne(repeated, isWrittenAlike))
        {
            _verdict = OverlapResult.Unfit;
        }
        else if (_repeated > 0)
        {
            // What follows the repetition may talk about itself just as well; what is repeated is part of the answer.
            _openingBehind = new();
            for (var i = _repeated; i < _held.Length; i++)
            {
                _openingBehind.Take(_held[i]);
            }

            if (isEnd)
            {
                _openingBehind.End();
            }
        }
    }

    /// <summary>The white space behind the repetition is there already, as far as the partial answer ends with it.</summary>
    private void SkipSpaces()
    {
        var trailing = partialText.AsSpan(partialText.AsSpan().TrimEnd().Length);
        var lines = trailing.Count('\n');
        for (var i = _repeated; i > 0 && !trailing.IsEmpty && i < _held.Length && char.IsWhiteSpace(_held[i]); i++)
        {
            if (_held[i] == '\n' && lines-- == 0)
            {
                break;
            }

            _repeated = i + 1;
            if (_held[i] == '\n' && lines == 0)
            {
                break;
            }
        }
    }

    /// <summary>Whether the next character may still change what is released first.</summary>
    private bool NeedsMore()
    {
        var rest = Rest();
        return _repeated == 0 ? Spacing.NeedsMore(partialText, rest)
            : string.IsNullOrWhiteSpace(rest) && char.IsWhiteSpace(partialText[^1]) && _spaces < RestartDetector.Limit;
    }

    private string Rest() => _held.ToString(_repeated, _held.Length - _repeated);

    /// <summary>Frees memory after the decision: a long answer may continue for a while.</summary>
    private string Free(string released)
    {
        if (_verdict != OverlapResult.Pending)
        {
            _held.Clear().Capacity = 0;
            _compared.Clear().Capacity = 0;
        }

        if (_repeated >= 0)
        {
            _places.Clear();
            _places.TrimExcess();
            _repetitions.Clear();
        }

        return released;
    }
}

/// <summary>The verdict of an <see cref="OverlapTrimmer"/> on a continuation so far.</summary>
internal enum OverlapResult
{
    /// <summary>Not decided: the text is held.</summary>
    Pending,

    /// <summary>It fits. Its text is released, without what the caller already has.</summary>
    Joined,

    /// <summary>It does not fit: it starts over, talks about itself, or refuses. Nothing of it may reach the caller.</summary>
    Unfit,
}
