namespace Resilient.Llm.Continuation;

/// <summary>Recognises what is no continuation: "Sure! Here is the rest:", "I apologize for …", "I'm sorry, but I can't …".</summary>
/// <remarks>
/// A heuristic: the openings of <see cref="OpeningPhrases"/>, compared word by word, without regard to case and punctuation. Other words
/// pass and stay in the answer. A text that is continued with such words (a person in a story declines) does not fit either. Takes one
/// character at a time, at most <see cref="Limit"/>. Mutable; not thread-safe.
/// </remarks>
internal sealed class RestartDetector
{
    /// <summary>How many characters are examined. Longer than any opening.</summary>
    public const int Limit = 80;

    private Phrases _consent = new(OpeningPhrases.Consents);
    private Phrases _opening = new(OpeningPhrases.Openings);
    private Phrases _afterConsent;
    private int _taken;
    private int _endOfWord;
    private bool _hasBegun;
    private bool _isBetweenWords;

    /// <summary>Whether the text is the beginning of an opening and no opening yet.</summary>
    public bool IsPossible { get; private set; } = true;

    /// <summary>Whether the text is an opening, or begins with one.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The length of the opening; zero while there is none.</summary>
    public int Length => IsComplete ? _endOfWord : 0;

    public void Take(char next)
    {
        if (!IsPossible)
        {
            return;
        }

        _taken++;
        if (char.IsLetterOrDigit(next) || next is '\'' or '\u2019')
        {
            if (_isBetweenWords)
            {
                Match(' ');
            }

            _hasBegun = true;
            _isBetweenWords = false;
            _endOfWord = _taken;
            Match(next == '\u2019' ? '\'' : char.ToLowerInvariant(next));

            // Without spaces between words a phrase has no other end.
            IsComplete = Words.IsUnspaced(next) && _opening.IsWhole;
        }
        else if (_hasBegun)
        {
            EndWord();
        }
        else
        {
            // White space and emphasis may come first. Anything else continues the answer.
            IsPossible = char.IsWhiteSpace(next) || next is '*' or '_' or '(' or '[';
        }

        IsPossible &= !IsComplete && _taken < Limit && (_consent.IsPossible || _opening.IsPossible || _afterConsent.IsPossible);
    }

    /// <summary>Ends the text: an opening that lacks only the character after it counts.</summary>
    public void End()
    {
        if (IsPossible)
        {
            EndWord();
        }
    }

    private void Match(char next)
    {
        _consent.Match(next);
        _opening.Match(next);
        _afterConsent.Match(next);
    }

    private void EndWord()
    {
        IsComplete = _opening.IsWhole || _afterConsent.IsWhole;
        if (_consent.IsWhole && !_isBetweenWords)
        {
            _afterConsent = new(OpeningPhrases.AfterConsent);
        }

        _isBetweenWords = true;
    }

    /// <summary>The phrases of a sorted list that begin with the text: they are adjacent, the shortest first.</summary>
    private struct Phrases(string[] sorted)
    {
        private int _from;
        private int _to = sorted.Length;
        private int _matched;

        public readonly bool IsPossible => _from < _to;

        public readonly bool IsWhole => _from < _to && sorted[_from].Length == _matched;

        public void Match(char next)
        {
            // The space between a consent and what follows belongs to neither.
            if (_matched == 0 && next == ' ')
            {
                return;
            }

            while (_from < _to && !Fits(sorted[_from], next))
            {
                _from++;
            }

            while (_from < _to && !Fits(sorted[_to - 1], next))
            {
                _to--;
            }

            _matched++;
        }

        private readonly bool Fits(string phrase, char next) => _matched < phrase.Length && phrase[_matched] == next;
    }
}
