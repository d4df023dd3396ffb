namespace Resilient.Llm.ContractTests;

/// <summary>The table in docs/streaming.md is the one that the tests prove.</summary>
public class StreamDocumentTests
{
    private const string Begin = "<!-- contract:begin -->\n";
    private const string End = "<!-- contract:end -->";
    private const string UpdateVariable = "RESILIENT_LLM_UPDATE_DOCS";

    [Fact]
    public void Document_ContractTable_IsThatOfTheTests()
    {
        var path = Path.Combine(Root(), "docs", "streaming.md");
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end >= begin, $"docs/streaming.md needs the lines {Begin.TrimEnd()} and {End} around the contract table.");
        var expected = StreamDocument.Render();
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(path, string.Concat(text.AsSpan(0, begin), expected, text.AsSpan(end)));
            return;
        }

        Assert.True(
            expected == text[begin..end],
            $"The contract table in docs/streaming.md is not the one of the tests. Run this test with {UpdateVariable}=1 to write it anew, and look at the difference.");
    }

    /// <summary>Documentation names each fault once, and tests find it by that name.</summary>
    [Fact]
    public void Table_Names_AreUnique() => Assert.Equal(StreamTable.All.Count, StreamTable.All.DistinctBy(static row => row.Name).Count());

    /// <summary>The promise: at least 15 faults wherever in a stream they may strike.</summary>
    [Fact]
    public void Table_FaultsOfEveryPhase_AreAtLeastFifteen() =>
        Assert.InRange(StreamTable.All.Count(static row => Enum.GetValues<StreamPhase>().All(phase => row.At(phase) != StreamOutcome.Impossible)), 15, int.MaxValue);

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
