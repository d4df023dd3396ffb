using System.Collections.Frozen;

namespace Resilient.Llm.Failures;

/// <summary>Reads the words of a message in one pass.</summary>
internal static class SizeWords
{
    private const int MaxWordLength = 32;

    private static readonly FrozenDictionary<string, SizeRole>.AlternateLookup<ReadOnlySpan<char>> s_roles = Rows(
        (SizeRole.Context | SizeRole.Content | SizeRole.Whole, "context"),
        (SizeRole.Context | SizeRole.Content | SizeRole.Length | SizeRole.Limit, "ctx contextwindow contextlength"),
        (SizeRole.Content | SizeRole.Whole, "prompt prompts input inputs"),
        (SizeRole.Content | SizeRole.Length | SizeRole.Limit, "sequencelength"),
        (SizeRole.Whole | SizeRole.Between, "request payload body entity"),
        (SizeRole.Whole | SizeRole.History, "conversation history messages message"),
        (SizeRole.Text, "string"),
        (SizeRole.Token | SizeRole.Between, "token tokens"),
        (SizeRole.Answer, """
            maxtokens maxcompletiontokens maxoutputtokens maxnewtokens maxtokenstosample completion output generated
            """),
        (SizeRole.Length | SizeRole.Limit | SizeRole.Between, "length len window capacity budget"),
        (SizeRole.Length | SizeRole.Size | SizeRole.Limit | SizeRole.Between, "size"),
        (SizeRole.Length | SizeRole.Between, "count"),
        (SizeRole.Limit, "limit limits allowed"),
        (SizeRole.Limit | SizeRole.Maximum, "maximum max"),
        (SizeRole.Limit | SizeRole.Maximum | SizeRole.Length, "maxmodellen maxinputlen maxinputlength"),
        (SizeRole.Exceeds, "exceed exceeds exceeded exceeding overflow overflows overflowed overflowing"),
        (SizeRole.Less, "reduce reducing shorten shortening shorter decrease truncate compact"),
        (SizeRole.Range, "range"),
        (SizeRole.Between, """
            is are was were has have had been be it its the a an of would may will can cannot could must not already also
            longer larger greater bigger being total overall entire combined text number s i e
            """));

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_rate = Set("""
        rate rpm tpm rpd tpd quota quotas wait retry throttle throttled throttling daily monthly hourly minute minutes
        hour second seconds day month concurrency concurrent credit credits billing balance spend spending tier
        """);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_media = Set("""
        image images file files audio video pdf attachment attachments picture pictures photo photos pixels upload
        uploads resolution dimension dimensions
        """);

    /// <summary>Reads the words; what is beyond the room for them is not read.</summary>
    public static int Read(ReadOnlySpan<char> text, Span<SizeWord> words, out SizeSeen seen)
    {
        Span<char> letters = stackalloc char[MaxWordLength];
        Span<char> previous = stackalloc char[MaxWordLength];
        var previousLength = 0;
        var count = 0;
        long number = 0;
        seen = SizeSeen.None;
        var startsClause = true;
        for (var at = 0; at < text.Length && count < words.Length;)
        {
            if (!char.IsLetterOrDigit(text[at]))
            {
                // The dot of a sentence is followed by a space; that of "messages.0" and "1.5" is not.
                startsClause |= text[at] is ';' or ':' or '!' or '?' or '\n'
                    || (text[at] is '.' && (at + 1 == text.Length || char.IsWhiteSpace(text[at + 1])));
                at++;
                continue;
            }

            var word = Next(text, ref at, letters);
            var role = RoleOf(word, previous[..previousLength]);
            seen |= SeenIn(word, role, seen, ref number);
            words[count++] = new(role, startsClause);
            Combine(words[..count], word, previous[..previousLength]);
            startsClause = false;
            word.CopyTo(previous);
            previousLength = word.Length;
        }

        return count;
    }

    /// <summary>The next word in lower case. Parameters that are one thing with several words are one word.</summary>
    private static ReadOnlySpan<char> Next(ReadOnlySpan<char> text, ref int at, Span<char> letters)
    {
        var end = at;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || IsInside(text, end)))
        {
            end++;
        }

        var whole = text[at..end];
        var underscore = whole.IndexOf('_');

        // The longest that is known, from the left: "max_tokens" in "max_tokens_exceeded".
        for (var part = whole[..Math.Min(whole.Length, MaxWordLength)]; part.Length > underscore && underscore >= 0;)
        {
            var joined = Lower(part, letters);
            if (s_roles.ContainsKey(joined))
            {
                at += part.Length;
                return joined;
            }

            part = part[..Math.Max(part.LastIndexOf('_'), 0)];
        }

        at += underscore < 0 ? whole.Length : underscore + 1;
        return Lower(underscore < 0 ? whole : whole[..underscore], letters);
    }

    /// <summary>An underscore joins words, a comma or dot digits.</summary>
    private static bool IsInside(ReadOnlySpan<char> text, int at) =>
        at + 1 < text.Length && char.IsLetterOrDigit(text[at + 1])
        && (text[at] == '_' || (text[at] is ',' or '.' && char.IsAsciiDigit(text[at + 1]) && at > 0 && char.IsAsciiDigit(text[at - 1])));

    private static ReadOnlySpan<char> Lower(ReadOnlySpan<char> word, Span<char> letters)
    {
        var length = 0;
        foreach (var c in word)
        {
            if (char.IsLetterOrDigit(c) && length < letters.Length)
            {
                letters[length++] = char.ToLowerInvariant(c);
            }
        }

        return letters[..length];
    }

    private static SizeRole RoleOf(ReadOnlySpan<char> word, ReadOnlySpan<char> previous) =>
        previous is "too" && word is "long" or "large" or "big" ? SizeRole.TooLarge
        : previous is "too" && word is "many" ? SizeRole.TooMany
        : word is "than" && previous is "longer" or "larger" or "greater" or "bigger" or "more" ? SizeRole.Exceeds | SizeRole.Comparative
        : word is "too" or "far" or "much" ? SizeRole.Between
        : char.IsAsciiDigit(word[0]) ? SizeRole.Between
        : s_roles.TryGetValue(word, out var role) ? role
        : SizeRole.None;

    /// <summary>Corrects the words before, now that this one is known.</summary>
    private static void Combine(Span<SizeWord> words, ReadOnlySpan<char> word, ReadOnlySpan<char> previous)
    {
        if (words.Length < 2)
        {
            return;
        }

        ref var last = ref words[^1];
        ref var before = ref words[^2];
        if (word is "equal" or "or" && before.Is(SizeRole.Comparative))
        {
            // "greater than or equal to": a rule for a value, and not for what was sent.
            before = before with { Role = SizeRole.None };
        }
        else if (last.Is(SizeRole.Token) && before.Is(SizeRole.Answer))
        {
            // "completion tokens" are the answer's.
            last = last with { Role = SizeRole.Answer };
        }
        else if (last.Is(SizeRole.Length) && previous is "sequence")
        {
            last = last with { Role = last.Role | SizeRole.Content };
        }
    }

    private static SizeSeen SeenIn(ReadOnlySpan<char> word, SizeRole role, SizeSeen before, ref long number)
    {
        var seen = SizeSeen.None;
        if ((role & SizeRole.Context) != 0)
        {
            seen |= SizeSeen.Context;
        }

        if ((role & SizeRole.Token) != 0)
        {
            seen |= SizeSeen.Token;
        }

        if ((role & SizeRole.Answer) != 0 && (before & (SizeSeen.Context | SizeSeen.Token)) == 0)
        {
            seen |= SizeSeen.AnswerFirst;
        }

        if ((role & (SizeRole.Maximum | SizeRole.Limit)) != 0 && (role & SizeRole.Length) == 0)
        {
            seen |= SizeSeen.Maximum;
        }

        if (word is "only" or "up" or "most" or "less" or "but" or "given")
        {
            seen |= SizeSeen.Only | SizeSeen.Maximum;
        }

        if (s_rate.Contains(word))
        {
            seen |= SizeSeen.Rate;
        }

        if (s_media.Contains(word))
        {
            seen |= SizeSeen.Media;
        }

        return seen | NumberIn(word, ref number);
    }

    private static SizeSeen NumberIn(ReadOnlySpan<char> word, ref long number)
    {
        if (!char.IsAsciiDigit(word[0]) || !long.TryParse(word, out var value) || value < 100)
        {
            return SizeSeen.None;
        }

        var seen = number != 0 && number != value ? SizeSeen.TwoNumbers : SizeSeen.None;
        number = value;
        return value >= 100_000 ? seen | SizeSeen.HugeNumber : seen;
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(string words) =>
        words.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .ToFrozenSet(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    private static FrozenDictionary<string, SizeRole>.AlternateLookup<ReadOnlySpan<char>> Rows(
        params (SizeRole Role, string Words)[] rows) =>
        rows.SelectMany(static row => row.Words
                .Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => KeyValuePair.Create(word, row.Role)))
            .ToFrozenDictionary(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
}
