using System.Globalization;
using System.Text;

namespace Resilient.Llm.Continuation;

/// <summary>Joins a continuation to its partial answer: removes repeated words (the overlap) and refuses one that starts over.</summary>
/// <remarks>
/// Text is held only while it may still be a repetition; for ordinary text that takes a few characters. Of all ends of the partial answer
/// (within its last <see cref="Window"/> characters) that the continuation begins with, the longest credible one is removed. It is credible
/// if it has at least three letters or digits and one of these holds:
/// it has <see cref="LongEnough"/> characters; it is the whole partial answer; or it begins where a word of the partial answer begins and
/// ends where a word of the continuation ends (inside a word only if it has a space or five letters, so that "Hel" and "lo", "bar" and
/// "barian" lose nothing). Comparison is ordinal, without normalisation.
/// A continuation has started over if it repeats at least <see cref="RestartLength"/> characters of the answer's beginning, and those are
/// not also an end of it.
/// The division of the text into updates makes no difference. Cost per character: at most one step for each place in the window that still
/// fits. Mutable; for one continuation; not thread-safe.
/// </remarks>
internal sealed class OverlapTrimmer(string partialText)
{
    /// <summary>How far back a repetition may begin.</summary>
    public const int Window = 2_000;

    private const int LongEnough = 16;
    private const int LettersThatMatter = 3;
    private const int LettersOfOneWord = 5;
    private const int RestartLength = 40;

    private readonly StringBuilder _held = new();
    private readonly int _windowStart = Math.Max(0, partialText.Length - Window);
    private readonly int _shortest = ShortestEnd(partialText);
    private readonly int _partialStart = partialText.Length - partialText.AsSpan().TrimStart().Length;

    // Where in the partial answer the held text may begin as a repetition, and the lengths of the complete repetitions, ascending.
    private readonly List<int> _places = [];
    private readonly List<int> _repetitions = [];
    private readonly RestartDetector _opening = new();

    // How much of the partial answer's beginning is repeated, and how many held characters repeat it, including leading white space.
    private bool _mayRestart = true;
    private int _restart;
    private int _restartHeld;
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
            if (IsDecided())
            {
                released = Decide(text.AsSpan(i + 1));
            }
        }

        return _verdict;
    }

    /// <summary>Decides at the end of the continuation. After a decision it changes and releases nothing.</summary>
    public OverlapResult End(out string released)
    {
        _opening.End();
        released = _verdict == OverlapResult.Pending ? Decide(default) : "";
        return _verdict;
    }

    private void Take(char next)
    {
        var length = _held.Append(next).Length;
        if (length == 1)
        {
            _places.AddRange(Enumerable.Range(_windowStart, partialText.Length - _windowStart));
        }

        KeepPlaces(length, next);
        TakeRestart(length, next);
        _opening.Take(next);
    }

    // By hand: RemoveAll would allocate a closure for every character.
    private void KeepPlaces(int length, char next)
    {
        var kept = 0;
        for (var i = 0; i < _places.Count; i++)
        {
            if (partialText[_places[i] + length - 1] == next)
            {
                _places[kept++] = _places[i];
            }
        }

        _places.RemoveRange(kept, _places.Count - kept);
        CompleteLast(length);
    }

    /// <summary>Only the last place can have reached the end of the partial answer: each begins further back than the next.</summary>
    private void CompleteLast(int length)
    {
        if (_places.Count > 0 && _places[^1] + length == partialText.Length)
        {
            _places.RemoveAt(_places.Count - 1);
            _repetitions.Add(length);
        }
    }

    private void TakeRestart(int length, char next)
    {
        if (!_mayRestart || (_restart == 0 && char.IsWhiteSpace(next)))
        {
            return;
        }

        var at = _partialStart + _restart;
        _mayRestart = at < partialText.Length && partialText[at] == next;
        if (_mayRestart)
        {
            _restart++;
            _restartHeld = length;
        }
    }

    private bool IsDecided()
    {
        if (_places.Count > 0 || _opening.IsPossible)
        {
            return false;
        }

        // The next character shows whether a word ends with the repetition.
        if (_repetitions.Count > 0 && _repetitions[^1] == _held.Length)
        {
            return false;
        }

        // Undecided while the beginning may be repeated, until enough of it is.
        return !_mayRestart || _restart == 0 || _restart >= RestartLength;
    }

    private string Decide(ReadOnlySpan<char> behind)
    {
        var repeated = LongestRepetition();
        var startsOver = _restart >= RestartLength && _restartHeld > repeated;
        var speaksOfItself = _opening.IsComplete && _opening.Length > repeated;
        _verdict = startsOver || speaksOfItself ? OverlapResult.Unfit : OverlapResult.Joined;
        var rest = string.Concat(_held.ToString().AsSpan(repeated), behind);
        var released = _verdict == OverlapResult.Unfit ? "" : repeated == 0 && LacksSpace(rest) ? " " + rest : rest;

        // Frees memory: a long answer may continue for a while.
        _held.Clear().Capacity = 0;
        _places.Clear();
        _places.TrimExcess();
        _repetitions.Clear();
        _repetitions.TrimExcess();
        return released;
    }

    /// <summary>Whether a space is missing: models begin an answer without one.</summary>
    /// <remarks>
    /// Between two letters it is unknown whether a word was cut. After a punctuation mark a letter begins a word; after a full stop or a
    /// colon only a capital does ("www." continues in lower case).
    /// </remarks>
    private bool LacksSpace(string rest) => rest.Length > 0 && partialText.Length > 1 && IsOfSpacedScript(partialText[^2]) && partialText[^1] switch
    {
        ',' or ';' or '!' or '?' => IsOfSpacedScript(rest[0]),
        '.' or ':' => IsOfSpacedScript(rest[0]) && char.IsUpper(rest[0]),
        _ => false,
    };

    /// <summary>Chinese, Japanese and Korean (from their radicals on) put no space after punctuation.</summary>
    private static bool IsOfSpacedScript(char letter) => char.IsLetter(letter) && letter < '\u2E80';

    /// <summary>The longest credible repetition; zero if none is credible.</summary>
    private int LongestRepetition() => _repetitions.FindLast(IsCredible);

    private bool IsCredible(int length)
    {
        var start = partialText.Length - length;
        var last = partialText[^1];
        var next = length < _held.Length ? _held[length] : ' ';
        if (length < _shortest || (char.IsHighSurrogate(last) && char.IsLowSurrogate(next)))
        {
            return false;
        }

        if (length >= LongEnough || start == 0)
        {
            return true;
        }

        return !IsOneWord(partialText[start - 1], partialText[start]) && (!IsOneWord(last, next) || IsMoreThanAPieceOfAWord(partialText.AsSpan(start)));
    }

    private static bool IsMoreThanAPieceOfAWord(ReadOnlySpan<char> repetition)
    {
        var letters = 0;
        foreach (var character in repetition)
        {
            if (char.IsWhiteSpace(character))
            {
                return true;
            }

            letters += char.IsLetter(character) ? 1 : 0;
        }

        return letters >= LettersOfOneWord;
    }

    /// <summary>The length of the shortest significant end of a text: rules, dots and table cells are repeated legitimately.</summary>
    private static int ShortestEnd(ReadOnlySpan<char> text)
    {
        var found = 0;
        for (var length = 1; length <= text.Length && length <= Window; length++)
        {
            found += char.IsLetterOrDigit(text[^length]) ? 1 : 0;
            if (found == LettersThatMatter)
            {
                return length;
            }
        }

        return int.MaxValue;
    }

    /// <summary>An emoji is a word; its two surrogate halves are not.</summary>
    private static bool IsOneWord(char before, char after) => (IsInWord(before) && IsInWord(after)) || char.IsSurrogatePair(before, after);

    /// <summary>Letters, digits, and what belongs to the character before it: marks and joiners.</summary>
    private static bool IsInWord(char character) =>
        char.IsLetterOrDigit(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format;
}

/// <summary>The verdict of an <see cref="OverlapTrimmer"/> on a continuation so far.</summary>
internal enum OverlapResult
{
    /// <summary>Not decided: the text is held.</summary>
    Pending,

    /// <summary>It fits. Its text is released, without what the caller already has.</summary>
    Joined,

    /// <summary>It does not fit: it starts the answer over, or talks about itself. Nothing of it may reach the caller.</summary>
    Unfit,
}
