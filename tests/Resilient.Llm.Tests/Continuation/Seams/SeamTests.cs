namespace Resilient.Llm.Tests;

/// <summary>Where two models meet in one answer: real text, broken anywhere, continued in nine ways, through the whole ladder.</summary>
public sealed class SeamTests
{
    private const string Begin = "<!-- seams:begin -->\n";
    private const string End = "<!-- seams:end -->";
    private const string UpdateVariable = "RESILIENT_LLM_UPDATE_DOCS";

    /// <summary>The rates in docs/streaming.md are these; a rule that makes them worse shows here.</summary>
    [Fact]
    public async Task Document_Seams_AreThoseOfTheTest()
    {
        var runs = await SeamTable.MeasureAsync();
        var path = Path.Combine(Root(), "docs", "streaming.md");
        var text = (await File.ReadAllTextAsync(path)).ReplaceLineEndings("\n");
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end >= begin, $"docs/streaming.md needs the lines {Begin.TrimEnd()} and {End} around the table.");
        var expected = SeamTable.Render(runs);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await File.WriteAllTextAsync(path, string.Concat(text.AsSpan(0, begin), expected, text.AsSpan(end)));
        }
        else
        {
            Assert.True(
                expected == text[begin..end],
                $"The table of seams in docs/streaming.md is not the one of this test. Run it with {UpdateVariable}=1 to write it anew, and look at the difference.\n{expected}");
        }

        var tuned = runs.Where(static run => run.Kind != SeamKind.HeldOut).ToArray();
        var bad = tuned.Where(static run => run.Outcome == SeamOutcome.Bad).ToArray();
        Assert.True(bad.Length <= tuned.Length * 0.005, $"{bad.Length} of {tuned.Length} seams are bad:\n{string.Join('\n', bad.AsEnumerable())}");
        Assert.DoesNotContain(bad, static run => run.IsInFigures);
        Assert.DoesNotContain(bad, static run => run.Kind is SeamKind.Refusal or SeamKind.Preamble);
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Resilient.Llm.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
