using Resilient.Llm.Continuation;

namespace Resilient.Llm.Tests;

/// <summary>Random answers, broken anywhere and gone on with in random ways, in random pieces: the caller has the answer, every character once.</summary>
public sealed class OverlapTrimmerPropertyTests
{
    private const int Cases = 20_000;

    [Fact]
    public void Overlap_RandomRepetition_AnswerIsWhole()
    {
        var random = new Random(20_261_122);
        var repeated = 0;
        for (var i = 0; i < Cases; i++)
        {
            var words = Words(random, random.Next(2, 40));
            var answer = string.Join(random.Next(8) == 0 ? "\r\n" : " ", words) + ".";
            var cut = random.Next(1, answer.Length);

            // An answer that ends in half a character is not gone on with.
            cut -= char.IsLowSurrogate(answer[cut]) ? 1 : 0;
            var from = cut - Overlap(random, answer, cut);
            repeated += from < cut ? 1 : 0;

            Check(random, answer[..cut], answer[from..], answer, i);
        }

        // The property must not hold for want of repetitions.
        Assert.InRange(repeated, Cases / 2, Cases);
    }

    [Fact]
    public void Overlap_RandomTextWithoutRepetition_NothingIsLost()
    {
        var random = new Random(20_261_123);
        for (var i = 0; i < Cases; i++)
        {
            // Every word is there once, so that the second half repeats nothing of the first.
            var words = Words(random, random.Next(2, 40));
            var at = random.Next(1, words.Count);
            var partial = string.Join(' ', words.Take(at)) + (random.Next(2) == 0 ? " " : "");
            var continuation = (random.Next(2) == 0 ? " " : "") + string.Join(' ', words.Skip(at));

            // Words begin with a capital, so a missing space is plain.
            var lacksSpace = !partial.EndsWith(' ') && !continuation.StartsWith(' ');
            Check(random, partial, continuation, partial + (lacksSpace ? " " : "") + continuation, i);
        }
    }

    [Fact]
    public void Overlap_FewLettersInAnyOrder_LosesOnlyWhatIsRepeatedAndDependsOnNoChunks()
    {
        var random = new Random(20_261_124);
        for (var i = 0; i < Cases; i++)
        {
            var partial = Letters(random, 60);
            var continuation = Letters(random, 60);
            var (verdict, text) = OverlapFeed.All(new(partial), Chunks(random, continuation));

            Assert.Equal((verdict, text), OverlapFeed.All(new(partial), [continuation]));
            if (verdict == OverlapResult.Joined)
            {
                Assert.EndsWith(text.TrimStart(), continuation, StringComparison.Ordinal);
                Assert.EndsWith(Plain(continuation[..^text.TrimStart().Length]), Plain(partial), StringComparison.Ordinal);
            }
        }
    }

    private static void Check(Random random, string partial, string continuation, string expected, int i)
    {
        var (verdict, text) = OverlapFeed.All(new(partial), Chunks(random, continuation));
        Assert.True(verdict == OverlapResult.Joined && partial + text == expected, $"Case {i}: {verdict}\n<{partial}>\n<{continuation}>\n<{partial + text}>");
    }

    /// <summary>None, the whole partial answer, at least sixteen characters, or whole words and what there is of the last one.</summary>
    private static int Overlap(Random random, string answer, int cut)
    {
        var from = random.Next(4) switch
        {
            0 => cut,
            1 => 0,
            2 => Math.Max(0, cut - 16 - random.Next(200)),
            _ => StartOfWord(answer, random.Next(cut)),
        };

        // A repetition that says too little, or is a single piece of a word, is ambiguous: nothing is cut off then, and a model that repeats so little is heard twice.
        var overlap = answer[from..cut];
        var endsWithWord = !char.IsLetterOrDigit(answer[cut - 1]) || !char.IsLetterOrDigit(answer[cut]);
        var isClear = from == 0 || overlap.Length >= 16 || endsWithWord || overlap.Any(char.IsWhiteSpace);
        return isClear && overlap.Count(char.IsLetterOrDigit) >= 3 ? overlap.Length : 0;
    }

    private static int StartOfWord(string answer, int at)
    {
        while (at > 0 && (char.IsLetterOrDigit(answer[at - 1]) || !char.IsLetterOrDigit(answer[at])))
        {
            at--;
        }

        return at;
    }

    /// <summary>White space makes no difference.</summary>
    private static string Plain(string text) => string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Chunks(Random random, string text)
    {
        var longest = random.Next(1, 30);
        for (var i = 0; i < text.Length;)
        {
            var length = Math.Min(random.Next(longest + 1), text.Length - i);
            yield return text.Substring(i, length);
            i += length;
        }
    }

    /// <summary>No word twice, and none that begins with the end of another: such a text has no repetition of its own.</summary>
    private static List<string> Words(Random random, int count)
    {
        var numbers = new HashSet<int>();
        while (numbers.Count < count)
        {
            var number = random.Next(1_000, 10_000);
            if (Digits(number).Distinct().Count() == 4)
            {
                numbers.Add(number);
            }
        }

        // The first letter stands nowhere else, the digits make it unique; as letters, since nothing is continued inside a number.
        return [.. numbers.Select(number => $"{(char)('A' + (number % 20))}{(random.Next(3) == 0 ? "é😀" : "xyz")}{Digits(number)}")];
    }

    private static string Digits(int number) =>
        string.Concat(number.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(static digit => (char)(digit - '0' + 'k')));

    private static string Letters(Random random, int most) => string.Create(random.Next(1, most), random, static (letters, random) =>
    {
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = "aab .\n"[random.Next(6)];
        }
    });
}
