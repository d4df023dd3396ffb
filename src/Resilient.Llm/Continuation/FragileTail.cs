namespace Resilient.Llm.Continuation;

/// <summary>Finds the end of a growing text that must not be continued inside: a number, or a row of separated values.</summary>
/// <remarks>
/// <para>
/// "10" may go on as "10 mg", "100" or "10.5", and a model that repeats it makes "1010 mg" of it: the same characters are a continuation
/// and a repetition. So a number, with the unit behind it ("10 m", "10 mg"), is fragile until the word after it is known, and a row from
/// its beginning to its line break. Rows begin with a bar, stand below another row, or show themselves by two separators (| tab ; ,)
/// without spaces behind them; of the last kind the beginning has passed before it is recognised.
/// </para>
/// <para>
/// Nothing is fragile inside a fenced code block, or in a text that begins like data: neither is continued at all.
/// One pass over the characters, nothing is stored or allocated. Mutable struct.
/// </para>
/// </remarks>
internal struct FragileTail()
{
    /// <summary>The longest row that is held back.</summary>
    public const int LongestRow = 2_000;

    // Addresses and keys have digits too, and no end.
    private const int LongestNumber = 100;
    private const int LongestUnit = 4;
    private const int None = -1;

    private int _length;
    private RowReader _row = new();
    private char _last = '\n';

    // The number: where it begins, and what the word being read has so far.
    private int _number = None;
    private int _word;
    private int _letters;
    private bool _hasDigit;
    private bool _takesUnit;

    /// <summary>How many characters there are.</summary>
    public readonly int Length => _length;

    /// <summary>How many characters at the beginning are not fragile.</summary>
    public readonly int SafeLength => Math.Min(_number == None ? _length : _number, _row.HeldFrom == None ? _length : _row.HeldFrom);

    /// <summary>Whether the text ends inside a number or its unit.</summary>
    public readonly bool IsInNumber => _number != None;

    /// <summary>Whether the text ends inside a row.</summary>
    public readonly bool IsInRow => _row.IsInRow;

    public void Take(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length;)
        {
            Take(text[i++]);
            if (char.IsAsciiLetter(_last) && SafeLength == _length)
            {
                i = SkipLetters(text, i);
            }
        }
    }

    /// <summary>Where nothing is fragile, a letter behind a letter decides nothing: most of a text is passed over here.</summary>
    private int SkipLetters(ReadOnlySpan<char> text, int from)
    {
        var to = from;
        while (to < text.Length && char.IsAsciiLetter(text[to]))
        {
            to++;
        }

        if (to > from)
        {
            _length += to - from;
            _last = text[to - 1];
            _row.SkipLetters(text[to - 2], _last);
        }

        return to;
    }

    private void Take(char next)
    {
        if (_row.IsFenced)
        {
            _number = None;
        }
        else
        {
            TakeNumber(next);
        }

        _row.Take(next, _length);
        _last = next;
        _length++;
        if (_number != None && _length - _number > LongestNumber)
        {
            _number = None;
        }

        if (_length - SafeLength > LongestRow)
        {
            _row.GiveUp();
        }
    }

    private void TakeNumber(char next)
    {
        if (char.IsWhiteSpace(next))
        {
            EndWord(next == '\n');
            return;
        }

        if (char.IsWhiteSpace(_last))
        {
            (_word, _letters, _hasDigit) = (_length, 0, false);
        }
        else if (IsUnspaced(_last))
        {
            _word = _length;
        }

        if (char.IsDigit(next))
        {
            _hasDigit = true;
            _letters = 0;
            Begin();
        }
        else if (_number != None)
        {
            GoOn(next);
        }
        else if (_word == _length && IsSign(next))
        {
            Begin();
        }
    }

    private void Begin()
    {
        if (_number == None)
        {
            _number = _word;
            _takesUnit = false;
        }
    }

    /// <summary>Another character than a digit, in the word of the number or behind it.</summary>
    private void GoOn(char next)
    {
        if (!_hasDigit && !_takesUnit && !IsSign(_last))
        {
            // "3. The": the word behind it has begun.
            _number = None;
            return;
        }

        if (IsUnspaced(next) || (char.IsLetter(next) && !_hasDigit))
        {
            _letters += IsUnspaced(next) ? 2 : 1;
            _number = _letters > LongestUnit ? None : _number;
        }
    }

    private void EndWord(bool isLine)
    {
        if (_number == None || char.IsWhiteSpace(_last))
        {
            _number = isLine ? None : _number;
            return;
        }

        // A unit, or a sign alone as in "10 / 3", is followed by anything; a word ends what stands before it.
        var isSignOfACalculation = !_hasDigit && _letters == 0 && _takesUnit;
        _takesUnit = isSignOfACalculation || (_hasDigit && _last is not ('.' or ')' or ',' or ';' or ':' or '!' or '?' or '"' or '”'));
        if (isLine || (!_hasDigit && !isSignOfACalculation))
        {
            _number = None;
            _takesUnit = false;
        }

        _hasDigit = false;
        _letters = 0;
    }

    // Chinese, Japanese and Korean, with their punctuation: there are no spaces to end a number.
    private static bool IsUnspaced(char character) => character >= '\u2E80';

    private static bool IsSign(char character) =>
        character is '$' or '€' or '£' or '¥' or '+' or '-' or '\u2212' or '±' or '~' or '≈' or '<' or '>' or '=' or '#' or '\u2013';
}
