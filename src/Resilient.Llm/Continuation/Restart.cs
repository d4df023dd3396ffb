namespace Resilient.Llm.Continuation;

/// <summary>Recognises a continuation that begins the answer, or one of its sentences, once more, and then says something else.</summary>
/// <remarks>
/// Repeating the text up to the break is an overlap. If it differs before that, the same would stand there twice, in two versions.
/// How much must agree depends on where the answer broke off. In the middle of a sentence nothing begins like a sentence, so two words are
/// enough, the second in lower case ("The fox"; two capitals may be a name). After a sentence the next one may begin as an earlier one
/// did: it takes <see cref="Length"/> characters, and half as many of the answer's own beginning.
/// </remarks>
internal struct Restart(ComparableText partial)
{
    /// <summary>How many characters make a restart wherever the answer broke off.</summary>
    public const int Length = 40;

    private const int WordsOfTheTop = 4;
    private const int UnspacedOfAWord = 3;

    private readonly ComparableText? _partial = partial;
    private bool _beginsSentence;
    private bool _mayBeTheTop = true;
    private int _top;
    private int _place;
    private int _agreed;

    /// <summary>Undecided while the beginning of a long answer may be repeated, until enough of it is.</summary>
    public readonly bool IsUndecided => _mayBeTheTop && _top is > 0 and < Length && _partial!.Length > OverlapTrimmer.Window;

    /// <summary>The first letter of the continuation, as it is written.</summary>
    public char First { get; private set; }

    /// <summary>Takes the next character of the continuation, as it is and as it is compared.</summary>
    public void Take(char next, char comparable)
    {
        if (First == default && comparable != ' ')
        {
            First = next;
            _beginsSentence = char.IsUpper(next) || Words.IsUnspaced(next);
        }

        _mayBeTheTop &= (comparable == ' ' && _top == 0) || (_top < _partial!.Length && _partial[_top] == comparable);
        if (_mayBeTheTop && (comparable != ' ' || _top > 0))
        {
            _top++;
        }
    }

    /// <summary>The continuation agreed with the partial answer from a place on, for so many characters, and then no more.</summary>
    public void Left(int place, int length)
    {
        if (length > _agreed && IsBeginning(place))
        {
            (_place, _agreed) = (place, length);
        }
    }

    /// <param name="repeated">The length of the repetition up to the break; zero if there is none.</param>
    /// <param name="isWrittenAlike">Whether that repetition begins with the same capital or small letter.</param>
    public readonly bool IsOne(int repeated, bool isWrittenAlike)
    {
        if (_partial is null)
        {
            return false;
        }

        var (place, agreed) = _top >= _agreed ? (0, _top) : (_place, _agreed);
        return agreed > repeated && (agreed >= Length || (!isWrittenAlike && IsEnough(_partial.Written, place, agreed)));
    }

    private readonly bool IsEnough(ReadOnlySpan<char> text, int place, int agreed)
    {
        var words = 0;
        var hasLowerWord = false;
        for (var i = place; i < place + agreed; i++)
        {
            if (Words.IsUnspaced(text[i]))
            {
                words += (i - place + 1) % UnspacedOfAWord == 0 ? 1 : 0;
                hasLowerWord = true;
            }
            else if (Words.IsIn(text[i]) && i + 1 < text.Length && !Words.AreOne(text[i], text[i + 1]))
            {
                words++;
            }
            else if (words > 0 && char.IsLower(text[i]) && !Words.IsIn(text[i - 1]))
            {
                hasLowerWord = true;
            }
        }

        return IsInsideASentence(text[^1]) ? _beginsSentence && words > 1 && hasLowerWord
            : place == 0 && agreed >= Length / 2 && words >= WordsOfTheTop;
    }

    private readonly bool IsBeginning(int place)
    {
        var text = _partial!.Written;
        return place == 0 || text[place - 1] is '\n' or '。' or '！' or '？'
            || (place > 1 && text[place - 1] == ' ' && text[place - 2] is '.' or '!' or '?' or ':');
    }

    private static bool IsInsideASentence(char last) => char.IsLetterOrDigit(last) || last is ',' or '-' or '(' or '\'' or '，' or '、';
}
