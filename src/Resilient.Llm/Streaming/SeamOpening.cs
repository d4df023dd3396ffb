namespace Resilient.Llm;

/// <summary>Recognises a continuation that begins by talking about itself: "Sure! Here is the rest:", "I apologize for the interruption".</summary>
/// <remarks>
/// A heuristic, in English: a list of openings, compared word by word without regard to case and punctuation. Other languages pass, and what they say of themselves stays in the answer.
/// Takes one character at a time and looks at no more than <see cref="Limit"/>. Mutable; not thread-safe.
/// </remarks>
internal sealed class SeamOpening
{
    /// <summary>How many characters are looked at. Longer than any opening.</summary>
    public const int Limit = 80;

    private static readonly string[] s_consents =
        ["sure", "sure thing", "of course", "certainly", "absolutely", "understood", "okay", "ok", "got it", "no problem", "my apologies", "apologies", "sorry", "i'm sorry"];

    private static readonly string[] s_afterConsent = ["here is the rest", "here's the rest", "here is the remainder", "here's the remainder", "continuing"];

    private static readonly string[] s_alone =
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
    ];

    // Sorted, so that what begins with the same characters lies together.
    private static readonly string[] s_openings =
        [.. s_alone.Concat(from consent in s_consents from opening in s_afterConsent.Concat(s_alone) select $"{consent} {opening}").Distinct().Order(StringComparer.Ordinal)];

    private int _from;
    private int _to = s_openings.Length;
    private int _matched;
    private int _taken;
    private bool _isBetweenWords;

    /// <summary>Whether what came is the beginning of an opening and no opening yet.</summary>
    public bool IsPossible { get; private set; } = true;

    /// <summary>Whether what came is an opening, or begins with one.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>How many characters the opening has; zero while there is none.</summary>
    public int Length => IsComplete ? _taken : 0;

    public void Take(char next)
    {
        if (!IsPossible || IsComplete)
        {
            return;
        }

        _taken++;
        if (IsPartOfWord(next))
        {
            if (_isBetweenWords && _matched > 0)
            {
                Narrow(' ');
            }

            _isBetweenWords = false;
            Narrow(next == '\u2019' ? '\'' : char.ToLowerInvariant(next));
        }
        else if (_matched == 0)
        {
            // White space and emphasis may stand before it. Anything else is the answer going on.
            IsPossible = char.IsWhiteSpace(next) || next is '*' or '_' or '(' or '[';
        }
        else
        {
            _isBetweenWords = true;
            CompleteIfWhole();
        }

        IsPossible &= !IsComplete && _from < _to && _taken < Limit;
    }

    /// <summary>Nothing more will come: an opening that is whole but for the character after it counts.</summary>
    public void End() => CompleteIfWhole();

    private void CompleteIfWhole() => IsComplete |= IsPossible && _from < _to && s_openings[_from].Length == _matched;

    private void Narrow(char next)
    {
        while (_from < _to && !Fits(s_openings[_from], next))
        {
            _from++;
        }

        while (_from < _to && !Fits(s_openings[_to - 1], next))
        {
            _to--;
        }

        _matched++;
    }

    private bool Fits(string opening, char next) => _matched < opening.Length && opening[_matched] == next;

    private static bool IsPartOfWord(char character) => char.IsLetterOrDigit(character) || character is '\'' or '\u2019';
}
