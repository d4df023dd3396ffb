namespace Resilient.Llm.Tests;

/// <summary>Whether a text is cut in a number or a row, where a wrong character does harm.</summary>
internal static class SeamFigures
{
    public static bool IsInFigures(string text, int cut)
    {
        var start = text.LastIndexOf('\n', cut - 1) + 1;
        var end = text.IndexOf('\n', cut);
        var line = text[start..(end < 0 ? text.Length : end)];
        var word = text[(text.LastIndexOfAny([' ', '\n'], cut - 1) + 1)..EndOfWord(text, cut)];
        return word.Any(char.IsAsciiDigit) || IsRow(line);
    }

    // Chinese prose may have plain commas without spaces.
    private static bool IsRow(string line) => !line.Any(static character => character >= '\u2E80') && IsSeparated(line);

    private static bool IsSeparated(string line) =>
        line.StartsWith('|') || (line.Count(static mark => mark == ';') > 2 && !line.Contains("; ", StringComparison.Ordinal)) || (line.Count(static mark => mark == ',') > 2 && !line.Contains(' ', StringComparison.Ordinal));

    private static int EndOfWord(string text, int cut)
    {
        var end = text.AsSpan(cut).IndexOfAny(' ', '\n');
        return end < 0 ? text.Length : cut + end;
    }
}
