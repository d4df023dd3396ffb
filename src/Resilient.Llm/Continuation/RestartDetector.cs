namespace Resilient.Llm.Continuation;

/// <summary>Recognises a continuation that begins by talking about itself: "Sure! Here is the rest:", "I apologize for …".</summary>
/// <remarks>
/// A heuristic for English: a list of openings, compared word by word, without regard to case and punctuation. Other languages pass, and
/// their openings stay in the answer. Takes one character at a time, at most <see cref="Limit"/>. Mutable; not thread-safe.
/// </remarks>
internal sealed class RestartDetector
{
    /// <summary>How many characters are examined. Longer than any opening.</summary>
    public const int Limit = 80;

    // Optional, before an opening.
    private static readonly string[] s_consents = Sorted(
        ["sure", "sure thing", "of course", "certainly", "absolutely", "understood", "okay", "ok", "got it", "no problem", "my apologies", "apologies", "sorry", "i'm sorry"]);

    private static readonly string[] s_openings = Sorted(
    [
        .. from start in (string[])["here is the ", "here's the ", "below is the "]
           from what in (string[])["continuation", "continued answer", "continued response", "complete answer", "complete response", "full answer", "full response", "rest of the answer",
               "rest of my answer", "rest of your answer", "rest of the response", "rest of my response", "remainder of the answer", "remainder of my answer", "remainder of the response"]
           select start + what,
        .. from start in (string[])["continuing", "resuming", "picking up", "carrying on", "i'll continue", "i will continue", "let me continue", "i'll pick up", "let me pick up"]
           from what in (string[])[" from where", " right where", " exactly where", " where i left", " where we left", " where it left", " where it stopped", " where it was cut", " my answer",
               " my response", " my previous", " the answer", " the response"]
           select start + what,
        .. from start in (string[])["i apologize", "i apologise", "apologies", "my apologies", "sorry", "i'm sorry", "i am sorry"]
           from what in (string[])["interruption", "cutoff", "cut off", "technical failure", "technical issue", "technical difficulties", "disruption"]
           select $"{start} for the {what}",
    ]);

    // After a consent less is enough: without one, "Here is the rest" may be part of the answer.
    private static readonly string[] s_afterConsent = Sorted(
        [.. s_openings, "here is the rest", "here's the rest", "here is the remainder", "here's the remainder", "continuing"]);

    private Phrases _consent = new(s_consents);
    private Phrases _opening = new(s_openings);
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

    private static string[] Sorted(IEnumerable<string> phrases) => [.. phrases.Order(StringComparer.Ordinal)];

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
            _afterConsent = new(s_afterConsent);
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
