using System.Text;
using System.Text.RegularExpressions;
using Resilient.Llm.Shared;

namespace Resilient.Llm.LastResort;

/// <summary>One rule: an answer, or null when the question does not apply.</summary>
internal delegate ValueTask<string?> LastResortRule(LastResortContext context, CancellationToken cancellationToken);

/// <summary>The rules that need no application code.</summary>
internal static class LastResortRules
{
    /// <summary>The longest match of a pattern: hostile input must not delay the answer.</summary>
    private static readonly TimeSpan _matchTimeout = TimeSpan.FromMilliseconds(100);

    public static LastResortRule ForKeywords(IReadOnlyList<string> keywords, string answer) =>
        (context, _) => new(keywords.Any(keyword => ContainsWord(context.Line, keyword)) ? answer : null);

    public static LastResortRule ForPattern(Regex pattern, Func<Match, string?> answer)
    {
        var bounded = Bound(pattern);
        return (context, _) => new(bounded.Match(context.Question) is { Success: true } match ? answer(match) : null);
    }

    /// <summary>Copies a pattern without a time limit, or with a longer one, with this limit.</summary>
    private static Regex Bound(Regex pattern) =>
        pattern.MatchTimeout != Regex.InfiniteMatchTimeout && pattern.MatchTimeout <= _matchTimeout
            ? pattern
            : new(pattern.ToString(), pattern.Options, _matchTimeout);

    private static bool ContainsWord(string line, string keyword)
    {
        for (var at = 0; (at = line.IndexOf(keyword, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            if (IsBoundary(line, at) && IsBoundary(line, at + keyword.Length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a word may begin or end here: not between two characters of one word. "pass" is not in "password", "C#" is in "C# or F#",
    /// and scripts without spaces have a boundary everywhere.
    /// </summary>
    private static bool IsBoundary(string line, int at)
    {
        // A decoding failure (an unpaired surrogate, the end of the line) is a boundary as well.
        return Rune.DecodeLastFromUtf16(line.AsSpan(0, at), out var before, out _) != System.Buffers.OperationStatus.Done
            || Rune.DecodeFromUtf16(line.AsSpan(at), out var after, out _) != System.Buffers.OperationStatus.Done
            || !SearchTerms.IsWordPart(before)
            || !SearchTerms.IsWordPart(after)
            || SearchTerms.IsWrittenWithoutSpaces(before)
            || SearchTerms.IsWrittenWithoutSpaces(after);
    }
}
