using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Resilient.Llm.Shared;

/// <summary>
/// Splits text into words for ranking: runs of letters, marks and digits in lower case, one word per character in scripts without spaces.
/// </summary>
/// <remarks>Also compiled into the packages with a full-text search, so that all of them read a question alike.</remarks>
internal static class SearchTerms
{
    private const int MaxWordLength = 64;

    /// <summary>
    /// English function words: they say what kind of question it is, not its subject. Other languages rely on ranking alone.
    /// </summary>
    private static readonly FrozenSet<string> _stopWords = (
        "a about after all am an and any are as at be been before but by can could did do does don for from get had has have he her "
        + "here him his how i if in into is it its just ll m may me might my no not of on or our out please re s shall "
        + "she should so some t than that the their them then "
        + "there these they this those to up us ve want was we were what when where which who whom whose why will with would you your")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The distinct words to search for, in order: without stop words, unless there is nothing else.</summary>
    public static IReadOnlyList<string> ForQuery(string text, int maxTerms)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        var telling = new List<string>();
        foreach (var word in Words(text))
        {
            // The cap on all words bounds the work on a megabyte of stop words.
            if (telling.Count == maxTerms || all.Count == 16 * maxTerms)
            {
                break;
            }

            if (all.Add(word) && !_stopWords.Contains(word))
            {
                telling.Add(word);
            }
        }

        return telling.Count > 0 ? telling : [.. all.Take(maxTerms)];
    }

    /// <summary>Every word in order, with stop words and repetitions. Words of more than 64 characters are cut.</summary>
    public static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var isPart = IsWordPart(rune);
            var standsAlone = isPart && IsWrittenWithoutSpaces(rune);
            if (word.Length > 0 && (!isPart || standsAlone))
            {
                yield return word.ToString();
                word.Clear();
            }

            if (standsAlone)
            {
                yield return rune.ToString();
            }
            else if (isPart && word.Length < MaxWordLength)
            {
                word.Append(Rune.ToLowerInvariant(rune));
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    public static bool IsWordPart(Rune rune) =>
        Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Thai, Lao, Burmese, Khmer, kana and Han: no spaces between words, so every character counts as one.</summary>
    public static bool IsWrittenWithoutSpaces(Rune rune) =>
        rune.Value is (>= 0x0E00 and <= 0x0EFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF) or (>= 0x3040 and <= 0x30FF)
            or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF);
}
