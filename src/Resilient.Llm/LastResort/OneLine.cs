using System.Globalization;
using System.Text;

namespace Resilient.Llm.LastResort;

/// <summary>Makes foreign text safe inside a sentence: one line, no invisible characters with effects, a limited length.</summary>
internal static class OneLine
{
    private const string MarkupCharacters = "`[]<>";

    /// <summary>
    /// Collapses white space and control characters, drops unpaired surrogates and formatting characters, cuts at a word and adds an
    /// ellipsis.
    /// </summary>
    /// <param name="text">The foreign text.</param>
    /// <param name="maxLength">The most characters of the result, without its ellipsis.</param>
    /// <param name="dropMarkup">Whether characters of links, images, code or tags become spaces; block markup is lost anyway.</param>
    public static string Of(string? text, int maxLength = int.MaxValue, bool dropMarkup = false)
    {
        if (string.IsNullOrEmpty(text))
        {
            return string.Empty;
        }

        // Limits text that shows nothing. A pair that the cut splits is dropped like every unpaired surrogate.
        var most = Math.Min(text.Length, (16L * maxLength) + 4096);
        var line = new StringBuilder(Math.Min(text.Length, Math.Min(maxLength, 1024)));
        var gap = false;
        foreach (var rune in text.AsSpan(0, (int)most).EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune)
                || Rune.IsControl(rune)
                || (dropMarkup && rune.IsAscii && MarkupCharacters.Contains((char)rune.Value, StringComparison.Ordinal)))
            {
                gap = line.Length > 0;
            }
            else if (IsVisible(rune))
            {
                // Past the limit nothing more is needed: the text may be a megabyte.
                if (line.Length > maxLength)
                {
                    break;
                }

                if (gap)
                {
                    line.Append(' ');
                    gap = false;
                }

                line.Append(rune);
            }
        }

        return line.Length <= maxLength ? line.ToString() : Cut(line.ToString(), maxLength);
    }

    private static string Cut(string line, int maxLength)
    {
        // A word longer than half the limit is cut between text elements: never inside an emoji or before an accent.
        var end = line.LastIndexOf(' ', maxLength);
        if (end < maxLength / 2)
        {
            end = 0;
            while (StringInfo.GetNextTextElementLength(line, end) is var next and > 0 && end + next <= maxLength)
            {
                end += next;
            }
        }

        return string.Concat(line.AsSpan(0, end).TrimEnd(), "…");
    }

    /// <summary>Formatting characters may reverse the text direction; only the joiners of emoji and Persian stay.</summary>
    private static bool IsVisible(Rune rune) =>
        rune != Rune.ReplacementChar
        && (rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format);
}
