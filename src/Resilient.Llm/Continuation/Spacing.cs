using System.Buffers;
using System.Collections.Frozen;

namespace Resilient.Llm.Continuation;

/// <summary>Puts in the space that is missing at a seam: models begin an answer without one.</summary>
/// <remarks>
/// Between two letters it is mostly unknown whether a word was cut, and nothing is put in. It is known after a punctuation mark (after a
/// full stop or a colon only a capital begins a word: "www." continues in lower case); between a small letter and a capital; behind a word
/// that begins no other word, as "because"; and before one that ends no other, as "which".
/// </remarks>
internal static class Spacing
{
    private const int LongestWord = 8;

    private static readonly SearchValues<char> s_code = SearchValues.Create("`_/\\@.");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_beginNoOther = Set(
        "that from which would should could because between about their these those been were very and upon into "
        + "und nicht auch oder wird werden haben zwischen dass weil dans avec sont cette vous nous très était");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_endNoOther = Set(
        "the that from with which would should could because between about their these those been were they this have was when than "
        + "you your she "
        + "nicht sich wird werden zwischen dass weil dans avec sont pour cette vous nous très était");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_exceptions = Set(
        "bathe breathe clothe lathe lithe loathe soothe seethe swathe teethe writhe tithe scathe behave forthwith herewith "
        + "therewith therefrom wherefrom");

    /// <summary>Whether more of the continuation is needed to decide.</summary>
    public static bool NeedsMore(string partialText, string rest)
    {
        if (rest.Length is 0 or > LongestWord || !IsLetter(rest[^1]) || partialText.Length == 0 || !char.IsLower(partialText[^1]))
        {
            return false;
        }

        return char.IsUpper(rest[0]) ? rest.Length == 1 : char.IsLower(rest[0]);
    }

    /// <summary>What to put between the two: a space or nothing.</summary>
    public static string Missing(string partialText, string rest) => Lacks(partialText, rest) ? " " : "";

    private static bool Lacks(string partialText, string rest)
    {
        if (rest.Length == 0 || partialText.Length < 2 || !IsLetter(rest[0]))
        {
            return false;
        }

        var isAfterLetter = IsLetter(partialText[^2]);
        return partialText[^1] switch
        {
            ',' or '!' or '?' => isAfterLetter,
            ';' => isAfterLetter && partialText.AsSpan(partialText.LastIndexOf('\n') + 1).Contains(' '),
            '.' => isAfterLetter && char.IsUpper(rest[0]),
            ':' => isAfterLetter && (char.IsUpper(rest[0])
                || LastRun(partialText.AsSpan()[..^1]) is not ("mailto" or "tel" or "urn" or "data")),
            var last => isAfterLetter && char.IsLower(last) && IsBetweenWords(LastRun(partialText), rest),
        };
    }

    private static bool IsBetweenWords(ReadOnlySpan<char> before, string rest)
    {
        if (before.ContainsAny(s_code) || !IsLetter(before[0]))
        {
            // Names in code are written together.
            return false;
        }

        if (char.IsUpper(rest[0]))
        {
            return rest.Length == 1 || char.IsLower(rest[1]);
        }

        var next = FirstWord(rest);
        return (next.Length > 1 && s_beginNoOther.Contains(before))
            || (before.Length > 1 && s_endNoOther.Contains(next) && !s_exceptions.Contains(string.Concat(before, next)));
    }

    private static ReadOnlySpan<char> LastRun(ReadOnlySpan<char> text)
    {
        var run = text[(text.LastIndexOfAny(" \n\t'\u2019") + 1)..];
        return run.TrimStart("\"'(*\u201C\u2018„«»[");
    }

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && IsLetter(text[end]))
        {
            end++;
        }

        return text[..end];
    }

    private static bool IsLetter(char letter) => char.IsLetter(letter) && !Words.IsUnspaced(letter);

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(string words) =>
        words.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
}
