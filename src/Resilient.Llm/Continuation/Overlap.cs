namespace Resilient.Llm.Continuation;

/// <summary>Judges whether what a continuation begins with repeats the end of the partial answer, or only resembles it.</summary>
/// <remarks>
/// <para>
/// Every continuation that begins as the partial answer ends is either a repetition or chance: "Hel" and "lo", "bring" and "ing",
/// "This " and "is". How often it is chance in real text was counted: above three letters hardly ever, in whole words that begin and end
/// with the repetition hardly ever, and in pieces of words depending on their length. Those that are as likely to be the one as the other
/// are ambiguous.
/// </para>
/// <para>A word that was meant twice ("that that") is taken for a repetition.</para>
/// </remarks>
internal static class Overlap
{
    private const int LongEnough = 16;
    private const int LettersOfAPiece = 3;

    /// <param name="text">The partial answer.</param>
    /// <param name="partial">The same, as it is compared.</param>
    /// <param name="length">How many characters at its end are repeated.</param>
    /// <param name="next">What the continuation has after them; a space if it has nothing.</param>
    public static OverlapLikelihood Judge(string text, ComparableText partial, int length, char next)
    {
        var written = partial.Written;
        var start = written.Length - length;
        var repeated = written[start..];
        if ((char.IsHighSurrogate(repeated[^1]) && char.IsLowSurrogate(next)) || (length < LongEnough && char.IsLowSurrogate(repeated[0])))
        {
            return OverlapLikelihood.Incidental;
        }

        var word = LastWord(repeated);
        var head = repeated[..^word.Length];
        var isGoingOn = word.Length > 0 && Words.AreOne(repeated[^1], next);
        var hasSpaceBehind = char.IsWhiteSpace(text[^1]);
        if (isGoingOn && hasSpaceBehind)
        {
            // "the " and "theory".
            return OverlapLikelihood.Incidental;
        }

        var isWordStart = start == 0 || !Words.AreOne(written[start - 1], repeated[0]);
        if (HasLetter(repeated) && length >= LongEnough)
        {
            return OverlapLikelihood.Credible;
        }

        if (word.Length == 1 && length == 1 && next is '\'' or '\u2019')
        {
            // "when i" and "I'm".
            return OverlapLikelihood.Ambiguous;
        }

        if (word.Length > 0 && !word.ContainsAnyExceptInRange('0', '9'))
        {
            // "10" and "10 mg" or "100": never guessed, whatever else says so.
            return (HasLetter(head) && isWordStart && !isGoingOn)
                || (hasSpaceBehind && next is '\n' or '\r' && !head.IsEmpty && length > LettersOfAPiece)
                ? OverlapLikelihood.Credible
                : OverlapLikelihood.Ambiguous;
        }

        if (word.Length == 0)
        {
            return !HasLetter(head) ? OfMarks(written, start, next, hasSpaceBehind) : OverlapLikelihood.Credible;
        }

        return Words.IsUnspaced(repeated[^1]) ? OfUnspaced(written, start)
            : isGoingOn ? InsideAWord(written, start, isWordStart, head, word, next)
            : isWordStart ? OverlapLikelihood.Credible
            : HasLetter(head) ? (length >= LettersOfAPiece ? OverlapLikelihood.Credible : OverlapLikelihood.Ambiguous)
            : OfAnEnding(word, hasSpaceBehind);
    }

    /// <summary>The continuation's word is longer: "extraor" and "extraordinary".</summary>
    private static OverlapLikelihood InsideAWord(
        ReadOnlySpan<char> written, int start, bool isWordStart, ReadOnlySpan<char> head, ReadOnlySpan<char> word, char next)
    {
        if (HasLetter(head))
        {
            return isWordStart || head.Length + word.Length > LettersOfAPiece + 1
                ? OverlapLikelihood.Credible
                : OverlapLikelihood.Ambiguous;
        }

        if (head.ContainsAnyExcept(' ', '\n'))
        {
            return OverlapLikelihood.Credible;
        }

        if (!isWordStart)
        {
            return word.Length switch
            {
                1 => OverlapLikelihood.Incidental,
                2 => OverlapLikelihood.Ambiguous,
                _ => OverlapLikelihood.Credible,
            };
        }

        // Behind an apostrophe or a hyphen a single letter is a piece of a word.
        return word.Length == 1 && head.Length == 0 && start > 0 && written[start - 1] is not (' ' or '\n' or '"' or '(' or '*' or '_')
            ? OverlapLikelihood.Incidental
            : Words.IsCommon(word) || Words.MayBeDoubled(word, next) ? OverlapLikelihood.Ambiguous
            : OverlapLikelihood.Credible;
    }

    /// <summary>The end of a word only, and a whole word in the continuation: "another" and "other", "train" and "in".</summary>
    private static OverlapLikelihood OfAnEnding(ReadOnlySpan<char> word, bool hasSpaceBehind)
    {
        if (word.Length == 1 && !hasSpaceBehind)
        {
            return OverlapLikelihood.Incidental;
        }

        return Words.IsCommon(word) || (!hasSpaceBehind && (word.Length == 2 || Words.IsSuffix(word)))
            ? OverlapLikelihood.Ambiguous
            : OverlapLikelihood.Credible;
    }

    /// <summary>Chinese, Japanese and Korean double characters often, and kana in pairs; but not where a sentence begins.</summary>
    private static OverlapLikelihood OfUnspaced(ReadOnlySpan<char> written, int start)
    {
        var repeated = written[start..];
        return start == 0 || written[start - 1] is '\n' or ' ' or '。' or '！' or '？' or '，' or '「' or '“' ? OverlapLikelihood.Credible
            : repeated.Length == 1 ? OverlapLikelihood.Incidental
            : repeated.Length <= LettersOfAPiece && repeated.ContainsAnyInRange('\u3041', '\u30FF') ? OverlapLikelihood.Ambiguous
            : OverlapLikelihood.Credible;
    }

    private static OverlapLikelihood OfMarks(ReadOnlySpan<char> written, int start, char next, bool hasSpaceBehind)
    {
        var marks = written[start..].TrimStart(" \n");
        var before = start + (written.Length - start - marks.Length) - 1;
        var isAlone = before < 0 || (marks.Length > 0 && written[before] != marks[0]);
        if (marks is "*" && isAlone && (before < 0 || char.IsWhiteSpace(written[before])) && !char.IsWhiteSpace(next))
        {
            // The first half of "**", or the whole of "*".
            return OverlapLikelihood.Ambiguous;
        }

        if (marks.Contains(' ') && (before < 0 || written[before] == '\n'))
        {
            // The beginning of an item: "* *" and "* **Name**".
            return OverlapLikelihood.Credible;
        }

        if (hasSpaceBehind && ((marks is "|" && next is '\n' or '\r')
            || (char.IsWhiteSpace(next) && !marks.IsEmpty && marks.ContainsAnyExcept(marks[0]))))
        {
            // The end of a row.
            return OverlapLikelihood.Credible;
        }

        if (marks.IsEmpty || next == marks[^1])
        {
            return OverlapLikelihood.Incidental;
        }

        if (marks.Length == 1)
        {
            if (hasSpaceBehind && isAlone && char.IsWhiteSpace(next) && marks[0] is not ('.' or '*' or '-' or '_' or '|'))
            {
                return OverlapLikelihood.Credible;
            }

            // The marker of a list, a heading or a quotation; or a mark that never comes twice.
            var isMarker = (before < 0 || written[before] == '\n') && char.IsWhiteSpace(next);
            var isOpening = before < 0 || char.IsWhiteSpace(written[before]);
            return isMarker || (isAlone && IsNeverDoubled(marks[0]))
                || (isOpening && marks[0] is '"' or '(' or '`' or '\u201C' or '„' or '\'') ? OverlapLikelihood.Credible
                : OverlapLikelihood.Incidental;
        }

        // Rules, dots and the like are repeated legitimately.
        return isAlone && (marks is "**" or "__" || marks.ContainsAnyExcept(marks[0]))
            ? OverlapLikelihood.Credible
            : OverlapLikelihood.Incidental;
    }

    private static bool IsNeverDoubled(char mark) =>
        mark is ',' or ';' or ':' or '!' or '?' or '.' or '\u2013' or '»' or '«'
            or '。' or '、' or '，' or '；' or '：' or '！' or '？';

    private static ReadOnlySpan<char> LastWord(ReadOnlySpan<char> text)
    {
        var start = text.Length;
        while (start > 0 && Words.IsIn(text[start - 1]) && (start == text.Length || Words.AreOne(text[start - 1], text[start])))
        {
            start--;
        }

        return text[start..];
    }

    private static bool HasLetter(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (char.IsLetterOrDigit(character) || char.IsSurrogate(character))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What an <see cref="Overlap"/> is.</summary>
internal enum OverlapLikelihood
{
    /// <summary>Chance: the text continues.</summary>
    Incidental,

    /// <summary>A repetition.</summary>
    Credible,

    /// <summary>The one as likely as the other.</summary>
    Ambiguous,
}
