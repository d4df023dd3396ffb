namespace Resilient.Llm.Continuation;

/// <summary>Recognises rows of separated values, line by line, while a text grows. Part of <see cref="FragileTail"/>.</summary>
/// <remarks>
/// Commas with a space behind them separate words in prose. They make a row only below a line that looks like one itself: short, with as
/// many separators, and without the full stop of a sentence. Mutable struct.
/// </remarks>
internal struct RowReader()
{
    private const int None = -1;
    private const int FewestSeparators = 2;
    private const int LongestLooseRow = 120;
    private const int WordsOfProse = 8;
    private const int ShortestFence = 3;

    private bool _isData;
    private bool _hasText;
    private char _last = '\n';
    private char _beforeLast = '\n';
    private char _lastInk = '\n';

    // The present line.
    private int _start;
    private char _first;
    private int _marks;
    private int _bars;
    private int _tabs;
    private int _tight;
    private int _tightDigits;
    private int _loose;
    private int _spaces;
    private bool _isGivenUp;

    /// <summary>Where the row begins that is to be held back; negative if there is none.</summary>
    public int HeldFrom { get; private set; } = None;

    /// <summary>Whether the text is inside a fenced code block, or not prose from the start.</summary>
    public bool IsFenced { get; private set; }

    /// <summary>Whether the text ends inside a row.</summary>
    public readonly bool IsInRow => !IsFenced && _first != default && (HeldFrom != None || IsTightRow || IsBehindSeparator);

    // Whether it is one without a space behind it, only the next character would show.
    private readonly bool IsBehindSeparator => _last is ',' or ';' && _tight > 0 && _spaces <= _tight + 1;

    private readonly bool IsTightRow =>
        _first == '|' || _bars >= FewestSeparators || _tabs >= FewestSeparators
        || (_tight >= FewestSeparators && _spaces <= _tight)
        || (_tight + _tightDigits >= FewestSeparators && _spaces == 0);

    private readonly int Separators => _bars + _tabs + _tight + _tightDigits + _loose;

    public void Take(char next, int position)
    {
        if (next == '\n')
        {
            EndLine(position);
        }
        else
        {
            TakeInLine(next, position);
        }

        _beforeLast = _last;
        _last = next;
        _lastInk = char.IsWhiteSpace(next) ? _lastInk : next;
    }

    /// <summary>Passes over letters behind a letter, outside of a row: only the last two matter to what follows.</summary>
    public void SkipLetters(char beforeLast, char last)
    {
        _beforeLast = beforeLast;
        _last = _lastInk = last;
    }

    /// <summary>The row is too long to be held back: lets it go to its end.</summary>
    public void GiveUp()
    {
        HeldFrom = None;
        _isGivenUp = true;
    }

    private void TakeInLine(char next, int position)
    {
        if (!char.IsWhiteSpace(next))
        {
            if (_first == default)
            {
                BeginLine(next);
            }

            _marks += _marks > 0 && next == _first && _last == _first ? 1 : 0;
            _bars += next == '|' ? 1 : 0;
            if (_last is ',' or ';' && !(IsUnspaced(_beforeLast) && IsUnspaced(next)))
            {
                // "1,234,567" is one number.
                var isDigit = _last == ',' && char.IsAsciiDigit(next);
                _tightDigits += isDigit ? 1 : 0;
                _tight += isDigit ? 0 : 1;
            }
        }
        else if (_first != default)
        {
            _tabs += next == '\t' && _last != '\t' ? 1 : 0;
            _spaces += _last != ' ' ? 1 : 0;
            _loose += _last is ',' or ';' ? 1 : 0;
        }

        if (HeldFrom != None && _first != '|' && _spaces >= WordsOfProse && Separators == 0)
        {
            HeldFrom = None;
        }
    }

    // Chinese and Japanese prose has no space behind a comma.
    private static bool IsUnspaced(char character) => character >= '\u2E80';

    private void BeginLine(char first)
    {
        _first = first;
        _marks = first is '`' or '~' ? 1 : 0;
        if (!_hasText)
        {
            _hasText = true;
            _isData = first is '{' or '[' or '<';
            IsFenced = _isData;
        }

        if (first == '|' && !IsFenced && !_isGivenUp)
        {
            HeldFrom = _start;
        }
    }

    private void EndLine(int position)
    {
        var isLooseRow = _loose >= FewestSeparators && position - _start <= LongestLooseRow
            && _lastInk is not ('.' or '!' or '?' or ':' or ',' or ';');
        var isRow = _first != default && (IsTightRow || isLooseRow);
        if (_marks >= ShortestFence && !_isData)
        {
            IsFenced = !IsFenced;
        }

        var isAboveRow = isRow && !IsFenced;
        HeldFrom = isAboveRow ? position + 1 : None;
        (_start, _first, _isGivenUp) = (position + 1, default, false);
        (_marks, _bars, _tabs, _tight, _tightDigits, _loose, _spaces) = (0, 0, 0, 0, 0, 0, 0);
    }
}
