using System.Collections.Frozen;
using System.Globalization;

namespace Resilient.Llm.Continuation;

/// <summary>What belongs to one word, and the few words that are too common to tell a repetition by.</summary>
internal static class Words
{
    // English, German and French; short ones that are also the beginning or the end of longer words.
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_common = FrozenSet.ToFrozenSet(
        ("a i o y à an and are as at be by can do for go had has have he her him his how if in into is it its let man me my no "
        + "nor not now of off on one or other our out own per she so some such than that the their them then there these they "
        + "this to too two under up us use was we were what when who will with you your all but from more der die das den dem des "
        + "ein eine einen er es ich ihr im in ist ja je man mit nach ob sie so um und uns vom von vor war was wer wie wir zu zum "
        + "zur an am als auf aus bei da du le la les un une des du de en et est il elle je tu nous on ou où par pas plus pour que "
        + "qui sa se ses si son sur te ton tout ce ces cet mais me mon ne ni").Split(' ').Distinct(),
        StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    // Words that begin with the same letters twice, and the letter behind them: barbarian, cocoa, coconut, cucumber, memento, vivid.
    private static readonly FrozenSet<string> s_doubled = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "bari", "coa", "con", "coo", "cum", "men", "vid", "assi", "tari");

    public static bool IsCommon(ReadOnlySpan<char> word) => s_common.Contains(word);

    public static bool MayBeDoubled(ReadOnlySpan<char> word, char next) =>
        s_doubled.GetAlternateLookup<ReadOnlySpan<char>>().Contains($"{word}{next}");

    /// <summary>An ending that words often have after the same letters: "bringing", "needed", "wanderer".</summary>
    public static bool IsSuffix(ReadOnlySpan<char> word) => word is "ing" or "ings" or "ed" or "er" or "ers" or "en" or "es";

    /// <summary>Whether nothing divides the two. An emoji is a word; its two surrogate halves are not.</summary>
    public static bool AreOne(char before, char after) =>
        (IsIn(before) && IsIn(after) && !IsUnspaced(before) && !IsUnspaced(after)) || char.IsSurrogatePair(before, after) || IsMark(after);

    /// <summary>Letters, digits, and what belongs to the character before it: marks and joiners.</summary>
    public static bool IsIn(char character) => char.IsLetterOrDigit(character) || IsMark(character);

    /// <summary>Chinese, Japanese and Korean (from their radicals on) put no space between words.</summary>
    public static bool IsUnspaced(char letter) => letter >= '\u2E80' && char.IsLetter(letter);

    private static bool IsMark(char character) =>
        character >= '\u0300' && char.GetUnicodeCategory(character) is
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark or UnicodeCategory.Format;
}
