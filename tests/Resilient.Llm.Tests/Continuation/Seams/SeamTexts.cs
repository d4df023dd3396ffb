namespace Resilient.Llm.Tests;

/// <summary>The texts that are broken: prose in English, German, French, Chinese and Japanese, and answers with figures, lists, tables, rows and code.</summary>
internal static class SeamTexts
{
    private const string Folder = ".Seams.Texts.";

    public static IReadOnlyList<(string Name, string Text)> All { get; } =
    [
        .. typeof(SeamTexts).Assembly.GetManifestResourceNames()
            .Where(static name => name.Contains(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(static name => (name[(name.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..], Read(name))),
    ];

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(SeamTexts).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Trim();
    }
}
