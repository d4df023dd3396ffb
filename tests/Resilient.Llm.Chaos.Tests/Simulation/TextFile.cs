namespace Resilient.Llm.Chaos.Tests;

/// <summary>A file that is gone after the test.</summary>
internal sealed class TextFile : IDisposable
{
    public TextFile(params string[] lines) => File.WriteAllText(Path, string.Join('\n', lines));

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

    public void Dispose() => File.Delete(Path);
}
