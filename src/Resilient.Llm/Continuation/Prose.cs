namespace Resilient.Llm.Continuation;

/// <summary>Distinguishes prose, which another model can continue, from code and data, in which a wrong character does harm.</summary>
/// <remarks>
/// A heuristic that refuses when in doubt: an answer interrupted without need can be asked for again, wrongly joined code may be run.
/// Code marked only by its indentation is not recognised.
/// </remarks>
internal static class Prose
{
    private const int ShortestFence = 3;
    private const int LeastIndentOfCode = 4;

    /// <summary>Null if the text breaks off in prose; otherwise why it does not, without any of its words.</summary>
    public static string? WhyNotEndingIn(string text)
    {
        // A provider would see half a surrogate pair as another character, and could not write the missing half.
        if (text.Length > 0 && char.IsHighSurrogate(text[^1]))
        {
            return "half a character at the end";
        }

        return LooksLikeData(text) ? "text that looks like JSON or markup" : HasOpenFence(text) ? "an open code block" : WhyFragile(text);
    }

    /// <summary>Numbers and rows are held back while they are incomplete; this is for those that were not.</summary>
    private static string? WhyFragile(string text)
    {
        var tail = new FragileTail();
        tail.Take(text);
        return tail.IsInRow ? "a row of values" : tail.IsInNumber ? "a number at the end" : null;
    }

    /// <summary>Decides by the first character: a Markdown link or a footnote at the very beginning counts as data too.</summary>
    private static bool LooksLikeData(ReadOnlySpan<char> text)
    {
        const char ByteOrderMark = '\uFEFF';
        var start = text.Trim().TrimStart(ByteOrderMark).TrimStart();
        return start.Length > 0 && start[0] is '{' or '[' or '<';
    }

    /// <summary>CommonMark's fenced code blocks, https://spec.commonmark.org/0.31.2/#fenced-code-blocks, with one difference.</summary>
    /// <remarks>
    /// Lists and quotations are not parsed: a fence may open at any depth and after their markers, and closes at up to three columns more.
    /// </remarks>
    private static bool HasOpenFence(ReadOnlySpan<char> text)
    {
        var fence = default(Fence);
        while (true)
        {
            var end = text.IndexOfAny('\r', '\n');
            var line = end < 0 ? text : text[..end];
            if (fence.Length > 0)
            {
                fence = fence.IsClosedBy(line) ? default : fence;
            }
            else
            {
                fence = Fence.OpenedBy(line, mayGoOn: end < 0);
            }

            if (end < 0)
            {
                return fence.Length > 0;
            }

            text = text[(end + 1)..];
        }
    }

    private readonly record struct Fence(char Mark, int Length, int Indent)
    {
        /// <summary>If the text may continue in this line, one or two marks count as the beginning of a fence.</summary>
        public static Fence OpenedBy(ReadOnlySpan<char> line, bool mayGoOn)
        {
            var start = IndexBehindMarkers(line);
            var content = line[start..];
            if (content.Length == 0 || content[0] is not ('`' or '~'))
            {
                return default;
            }

            var mark = content[0];
            var rest = content.TrimStart(mark);
            var length = content.Length - rest.Length;
            var isFence = length < ShortestFence ? mayGoOn && rest.Length == 0 : mark == '~' || !rest.Contains(mark);
            return isFence ? new(mark, length, start) : default;
        }

        public bool IsClosedBy(ReadOnlySpan<char> line)
        {
            var content = line.TrimStart(" \t>");
            var indent = line.Length - content.Length;
            content = content.TrimEnd();
            return content.Length >= Length && indent < Indent + LeastIndentOfCode && content.TrimStart(Mark).IsEmpty;
        }

        private static int IndexBehindMarkers(ReadOnlySpan<char> line)
        {
            var i = 0;
            while (i < line.Length)
            {
                var digits = i;
                while (digits < line.Length && char.IsAsciiDigit(line[digits]))
                {
                    digits++;
                }

                var isNumber = digits > i && digits + 1 < line.Length && line[digits] is '.' or ')' && line[digits + 1] is ' ' or '\t';
                var isBullet = line[i] is '-' or '*' or '+' && i + 1 < line.Length && line[i + 1] is ' ' or '\t';
                if (!isNumber && !isBullet && line[i] is not (' ' or '\t' or '>'))
                {
                    break;
                }

                i = isNumber ? digits + 1 : i + 1;
            }

            return i;
        }
    }
}
