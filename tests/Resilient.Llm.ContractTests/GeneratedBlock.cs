namespace Resilient.Llm.ContractTests;

/// <summary>A part of a document that tests write: between the lines <c>&lt;!-- NAME:begin --&gt;</c> and <c>&lt;!-- NAME:end --&gt;</c>.</summary>
internal static class GeneratedBlock
{
    private const string UpdateVariable = "RESILIENT_LLM_UPDATE_DOCS";

    public static bool IsToBeWritten => Environment.GetEnvironmentVariable(UpdateVariable) == "1";

    /// <summary>Fails where the document says something else, or writes it anew when it is told to.</summary>
    /// <param name="document">The path from the root of the repository.</param>
    /// <param name="name">The name of the block.</param>
    /// <param name="expected">What stands there.</param>
    public static void AssertUpToDate(string document, string name, string expected)
    {
        var (path, text, begin, end) = Find(document, name);
        if (IsToBeWritten)
        {
            File.WriteAllText(path, string.Concat(text.AsSpan(0, begin), expected, text.AsSpan(end)));
            return;
        }

        Assert.True(expected == text[begin..end], $"The table {name} in {document} is not the one of the tests. Run this test with {UpdateVariable}=1, and look at the difference.");
    }

    /// <summary>What stands there.</summary>
    public static string Read(string document, string name)
    {
        var (_, text, begin, end) = Find(document, name);
        return text[begin..end];
    }

    private static (string Path, string Text, int Begin, int End) Find(string document, string name)
    {
        var path = Path.Combine(Root(), document);
        var text = File.ReadAllText(path).ReplaceLineEndings("\n");
        var opening = $"<!-- {name}:begin -->\n";
        var begin = text.IndexOf(opening, StringComparison.Ordinal) + opening.Length;
        var end = text.IndexOf($"<!-- {name}:end -->", StringComparison.Ordinal);
        Assert.True(begin >= opening.Length && end >= begin, $"{document} needs the lines <!-- {name}:begin --> and <!-- {name}:end --> around the table.");
        return (path, text, begin, end);
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
