using System.Globalization;
using System.Text;

namespace Resilient.Llm.Continuation;

/// <summary>
/// Joins a continuation to the partial answer that it goes on with. Models that are told to write only what comes next often repeat the last words first, or start over:
/// a repetition is cut off, a fresh start is refused.
/// </summary>
/// <remarks>
/// Text is held only while it may still be a repetition, which for ordinary text takes a few characters. Of all ends of the partial answer (its last <see cref="Window"/> characters)
/// that the continuation begins with, the longest credible one is cut off. Credible, with at least three letters or digits, is one of <see cref="LongEnough"/> characters, one
/// that is the whole partial answer, and one that begins where a word of the partial answer begins and ends where a word of the continuation ends; inside a word only if it holds a space
/// or five letters, so that "Hel" and "lo", "bar" and "barian" lose nothing. Comparison is ordinal and without any normalisation.
/// A continuation that repeats the beginning of the answer for at least <see cref="RestartLength"/> characters without that being an end of it, too, has started over.
/// How the text is divided into updates makes no difference. Cost: per character at most one step for each place in the window that still fits. Mutable; for one continuation; not thread-safe.
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

    // Where in the partial answer what is held may be the beginning of a repetition, and the lengths of those repetitions that are complete, in ascending order.
    private readonly List<int> _places = [];
    private readonly List<int> _repetitions = [];
    private readonly RestartDetector _opening = new();

    // How much of the partial answer's beginning is repeated, and how many characters are held that do so, which includes white space before it.
    private bool _mayRestart = true;
    private int _restart;
    private int _restartHeld;
    private OverlapResult _verdict;

    /// <summary>Takes the text of the next update. What is released is what the caller gets now: nothing unless the verdict is <see cref="OverlapResult.Joined"/>.</summary>
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

    /// <summary>The continuation has ended: decides with what there is. After a decision it changes nothing and releases nothing.</summary>
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

        // Whether a word ends with the repetition shows at the next character.
        if (_repetitions.Count > 0 && _repetitions[^1] == _held.Length)
        {
            return false;
        }

        // Either enough of the beginning comes again, or it turns out to be something else.
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

        // A long answer goes on for a while: nothing of this is needed any more.
        _held.Clear().Capacity = 0;
        _places.Clear();
        _places.TrimExcess();
        _repetitions.Clear();
        _repetitions.TrimExcess();
        return released;
    }

    /// <summary>
    /// Models begin an answer without a space, also where one belongs. Between two letters it cannot be known whether a word was cut in the
    /// middle; behind a punctuation mark a letter begins a word, and behind a full stop or a colon a capital does ("www." goes on in small
    /// letters).
    /// </summary>
    private bool LacksSpace(string rest) => rest.Length > 0 && partialText.Length > 1 && IsOfSpacedScript(partialText[^2]) && partialText[^1] switch
    {
        ',' or ';' or '!' or '?' => IsOfSpacedScript(rest[0]),
        '.' or ':' => IsOfSpacedScript(rest[0]) && char.IsUpper(rest[0]),
        _ => false,
    };

    /// <summary>Chinese, Japanese and Korean, which begin with their radicals, put no space behind punctuation.</summary>
    private static bool IsOfSpacedScript(char letter) => char.IsLetter(letter) && letter < '\u2E80';

    /// <summary>Zero where none is credible.</summary>
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

    /// <summary>The length of the shortest end of a text that says anything: rules, dots and cells of a table are repeated for their own sake.</summary>
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

    /// <summary>A picture is a word of its own; its two halves are not.</summary>
    private static bool IsOneWord(char before, char after) => (IsInWord(before) && IsInWord(after)) || char.IsSurrogatePair(before, after);

    /// <summary>Letters, digits, and what belongs to the character before it: marks and joiners.</summary>
    private static bool IsInWord(char character) =>
        char.IsLetterOrDigit(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format;
}

/// <summary>What an <see cref="OverlapTrimmer"/> has made of a continuation so far.</summary>
internal enum OverlapResult
{
    /// <summary>Not decided: what came is held.</summary>
    Pending,

    /// <summary>It fits. Its text goes on, without what the caller has already.</summary>
    Joined,

    /// <summary>It does not fit: it starts the answer over, or talks about itself. Nothing of it may reach the caller.</summary>
    Unfit,
}
