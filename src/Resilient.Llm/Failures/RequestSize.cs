namespace Resilient.Llm.Failures;

/// <summary>Finds out whether an error message says that the request is larger than the model, or its account, takes.</summary>
/// <remarks>
/// <para>
/// A pattern, not a list of sentences: every server has its own words. It looks for a <em>noun</em> for what the request consists of
/// (context, prompt, input, tokens …) bound to a <em>relation</em> (exceeds, too long, longer than, a limit that is named beside a larger
/// number, the advice to shorten it). Words bind only within a clause and over a few words in between.
/// </para>
/// <para>
/// Others speak of tokens and limits too: rate limits and quotas, the limit of an answer (<c>max_tokens</c>), limits of files and of names.
/// Their own words rule the weaker relations out.
/// </para>
/// <para>
/// One pass over at most <see cref="MaxChars"/> characters and <see cref="MaxWords"/> words, without a regular expression: time is linear
/// whatever the message holds.
/// </para>
/// </remarks>
internal static class RequestSize
{
    private const int MaxChars = 1_000;
    private const int MaxWords = 160;

    // How far a subject stands before its verb, and an object behind it.
    private const int Reach = 9;

    /// <param name="message">The provider's message, or a code: underscores in it separate words.</param>
    /// <param name="mayBeRate">Whether the status or code speaks of a rate limit: then only what no rate limit says counts.</param>
    public static bool IsToBlame(string? message, bool mayBeRate = false)
    {
        if (string.IsNullOrEmpty(message))
        {
            return false;
        }

        Span<SizeWord> words = stackalloc SizeWord[MaxWords];
        words = words[..SizeWords.Read(message.AsSpan(0, Math.Min(message.Length, MaxChars)), words, out var seen)];
        if (seen.HasFlag(SizeSeen.Media) && (seen & (SizeSeen.Context | SizeSeen.Token)) == 0)
        {
            return false;
        }

        // "Request too large" is no matter of rate, even where the limit that it names is one of tokens a minute.
        if (IsCalledTooLarge(words, seen, mayBeRate))
        {
            return true;
        }

        return !seen.HasFlag(SizeSeen.Rate)
            && (Exceeds(words, mayBeRate)
                || (!mayBeRate && (NamesLimitAndMore(words, seen) || AsksForLess(words) || NamesRange(words))));
    }

    /// <summary>"prompt is too long", "request body too large", "too many tokens", "string too long" where it is huge.</summary>
    private static bool IsCalledTooLarge(ReadOnlySpan<SizeWord> words, SizeSeen seen, bool mayBeRate)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].Is(SizeRole.TooLarge) && Before(words, i, SizeRole.Whole, SizeRole.Between))
            {
                return true;
            }

            // Their length is limited everywhere, mostly that of names. Above this no name is meant.
            if (words[i].Is(SizeRole.TooLarge) && seen.HasFlag(SizeSeen.HugeNumber) && Before(words, i, SizeRole.Text, SizeRole.Between))
            {
                return true;
            }

            if (words[i].Is(SizeRole.TooMany)
                && !mayBeRate
                && !seen.HasFlag(SizeSeen.Rate)
                && i + 1 < words.Length
                && (words[i + 1].Is(SizeRole.Token)
                    || (words[i + 1].Is(SizeRole.Content) && i + 2 < words.Length && words[i + 2].Is(SizeRole.Token))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>"input length exceeds …", "… exceeds the context window", "longer than the model's context length".</summary>
    private static bool Exceeds(ReadOnlySpan<SizeWord> words, bool mayBeRate)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].Is(SizeRole.Exceeds)
                && (HasObject(words, i) || (!mayBeRate && HasSubject(words, i, words[i].Is(SizeRole.Comparative)))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is exceeded: the context, or a limit of tokens, of the prompt or of the request.</summary>
    private static bool HasObject(ReadOnlySpan<SizeWord> words, int verb)
    {
        var seen = SizeRole.None;
        for (var i = verb + 1; i < words.Length && i <= verb + Reach && !words[i].StartsClause; i++)
        {
            seen |= words[i].Role;
        }

        var ofAnswer = seen.HasFlag(SizeRole.Answer) || IsAboutAnswer(words, verb);
        return seen.HasFlag(SizeRole.Context | SizeRole.Limit)
            || (!ofAnswer && seen.HasFlag(SizeRole.Token | SizeRole.Limit))
            || (!ofAnswer && seen.HasFlag(SizeRole.Content | SizeRole.Length))
            || (seen.HasFlag(SizeRole.Limit | SizeRole.Maximum)
                && words[verb].Is(SizeRole.Comparative)
                && Before(words, verb, SizeRole.Whole, SizeRole.Between))
            || (seen.HasFlag(SizeRole.Size) && Before(words, verb, SizeRole.Whole, SizeRole.Between));
    }

    /// <summary>What exceeds: the context, the tokens or length of the prompt, or the prompt itself right before the verb.</summary>
    private static bool HasSubject(ReadOnlySpan<SizeWord> words, int verb, bool comparative)
    {
        if (IsAboutAnswer(words, verb))
        {
            return false;
        }

        var seen = SizeRole.None;
        for (var i = verb - 1; i >= 0 && i >= verb - Reach && !words[i + 1].StartsClause; i--)
        {
            seen |= words[i].Role;
        }

        return seen.HasFlag(SizeRole.Content | SizeRole.Length)
            || seen.HasFlag(SizeRole.Content | SizeRole.Token)
            || seen.HasFlag(SizeRole.Context | SizeRole.Length)
            || seen.HasFlag(SizeRole.Token | SizeRole.Limit)
            || (!comparative && Before(words, verb, SizeRole.Content, SizeRole.Between));
    }

    /// <summary>"maximum prompt length is 131072 but the request contains 537812": a limit, and a larger number beside it.</summary>
    private static bool NamesLimitAndMore(ReadOnlySpan<SizeWord> words, SizeSeen seen)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if (!words[i].Is(SizeRole.Content | SizeRole.Token, any: true) || words[i].Is(SizeRole.Answer))
            {
                continue;
            }

            var near = Near(words, i, 6);
            if (near.HasFlag(SizeRole.Context | SizeRole.Length | SizeRole.Maximum)
                || (seen.HasFlag(SizeSeen.TwoNumbers)
                    && !seen.HasFlag(SizeSeen.AnswerFirst)
                    && near.HasFlag(SizeRole.Content)
                    && (near & (SizeRole.Token | SizeRole.Length)) != 0
                    && (seen.HasFlag(SizeSeen.Maximum) || (near.HasFlag(SizeRole.Context) && seen.HasFlag(SizeSeen.Only)))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>"reduce the length of the messages", "use a shorter prompt".</summary>
    private static bool AsksForLess(ReadOnlySpan<SizeWord> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            for (var next = i + 1; words[i].Is(SizeRole.Less) && next < words.Length && next <= i + 5 && !words[next].StartsClause; next++)
            {
                if (words[next].Is(SizeRole.Content | SizeRole.History, any: true))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>"Range of input length should be [1, 30720]".</summary>
    private static bool NamesRange(ReadOnlySpan<SizeWord> words)
    {
        for (var i = 0; i + 1 < words.Length; i++)
        {
            if (words[i].Is(SizeRole.Content) && words[i + 1].Is(SizeRole.Length) && Near(words, i, 3).HasFlag(SizeRole.Range))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a word of a role stands before a place, with nothing but words of the other role between them.</summary>
    private static bool Before(ReadOnlySpan<SizeWord> words, int place, SizeRole role, SizeRole between)
    {
        for (var i = place - 1; i >= 0 && i >= place - Reach && !words[i + 1].StartsClause; i--)
        {
            if (words[i].Is(role))
            {
                return true;
            }

            if (!words[i].Is(between))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Whether the last noun before the verb names the answer's limit, which is the caller's choice.</summary>
    private static bool IsAboutAnswer(ReadOnlySpan<SizeWord> words, int verb)
    {
        for (var i = verb - 1; i >= 0 && i >= verb - Reach; i--)
        {
            if (words[i].Is(SizeRole.Answer))
            {
                return true;
            }

            if (words[i].Is(SizeRole.Content | SizeRole.Token | SizeRole.Context, any: true))
            {
                return false;
            }
        }

        return false;
    }

    private static SizeRole Near(ReadOnlySpan<SizeWord> words, int place, int reach)
    {
        var seen = SizeRole.None;
        for (var i = Math.Max(0, place - reach); i < words.Length && i <= place + reach; i++)
        {
            seen |= words[i].Role;
        }

        return seen;
    }
}
