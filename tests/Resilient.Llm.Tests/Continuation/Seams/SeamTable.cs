using System.Globalization;
using System.Text;

namespace Resilient.Llm.Tests;

/// <summary>The rates of bad seams, as docs/streaming.md has them. Every draw comes from a fixed seed.</summary>
internal static class SeamTable
{
    public const int CutsOfAText = 50;

    // Not the seed that the rules were made with.
    private const int Seed = 20_261_129;

    private static readonly (SeamKind Kind, string Name, string Before)[] s_rows =
    [
        (SeamKind.Exact, "continues exactly", "0.27 %"),
        (SeamKind.RestartFromTheTop, "begins the answer once more", "0"),
        (SeamKind.RestartOfTheSentence, "begins the last sentence once more", "5.47 %"),
        (SeamKind.LastWordsAgain, "repeats the last 1 to 4 words", "26.27 %"),
        (SeamKind.LastCharactersAgain, "repeats the last 2 to 12 characters", "71.07 %"),
        (SeamKind.SpacesAndCase, "other white space or capitals", "48.4 %"),
        (SeamKind.Preamble, "talks about itself first", "42.67 %"),
        (SeamKind.Refusal, "refuses", "99.33 %"),
        (SeamKind.HeldOut, "held out: a generator that the rules were not made for", "30.8 %"),
    ];

    /// <summary>Breaks each text at places drawn at random, and continues it there in every way.</summary>
    public static async Task<IReadOnlyList<SeamRun>> MeasureAsync(int seed = Seed)
    {
        var random = new Random(seed);
        var runs = new List<SeamRun>();
        foreach (var (name, text) in SeamTexts.All)
        {
            for (var i = 0; i < CutsOfAText; i++)
            {
                var cut = random.Next(20, text.Length);
                cut -= char.IsLowSurrogate(text[cut]) ? 1 : 0;
                foreach (var kind in Enum.GetValues<SeamKind>())
                {
                    runs.Add(await SeamRun.OfAsync(kind, name, text, cut, random.Next()));
                }
            }
        }

        return runs;
    }

    public static string Render(IReadOnlyList<SeamRun> runs)
    {
        var text = new StringBuilder("| The next model | seams | whole text | not continued | bad | bad in numbers and rows | bad on 0.1.0 |\n|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (var (kind, name, before) in s_rows)
        {
            Row(text, name, [.. runs.Where(run => run.Kind == kind)], before);
        }

        Row(text, "**all but the held-out kind**", [.. runs.Where(static run => run.Kind != SeamKind.HeldOut)], "36.68 %");
        return text.ToString();
    }

    private static void Row(StringBuilder text, string name, SeamRun[] runs, string before)
    {
        var bad = runs.Where(static run => run.Outcome == SeamOutcome.Bad).ToArray();
        text.Append(
            CultureInfo.InvariantCulture,
            $"| {name} | {runs.Length} | {Share(runs, SeamOutcome.Correct)} | {Share(runs, SeamOutcome.Interrupted)} | {Share(runs, SeamOutcome.Bad)} | {bad.Count(static run => run.IsInFigures)} of {runs.Count(static run => run.IsInFigures)} | {before} |\n");
    }

    private static string Share(SeamRun[] runs, SeamOutcome outcome)
    {
        var count = runs.Count(run => run.Outcome == outcome);
        return count == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / runs.Length:0.0#} %");
    }
}
