namespace Resilient.Llm.Sqlite.Tests;

/// <summary>A path of its own in a folder that goes with it.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("resilient-llm-");

    public string Name => Path.Combine(_folder.FullName, "search file;1.db");

    public string[] Files => [.. _folder.GetFiles().Select(f => f.Name)];

    public void Dispose() => _folder.Delete(recursive: true);
}
