using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Resilient.Llm.Architecture;

/// <summary>The sources of the packages, read and compiled as the build does.</summary>
internal static class Sources
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions s_parsing = new(LanguageVersion.Preview);

    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = RootAbove(AppContext.BaseDirectory);

    public static CSharpCompilation CompileLibrary() => Compile("Resilient.Llm", Files("src/Resilient.Llm", "src/Shared"));

    public static CSharpCompilation CompileChaos(CSharpCompilation library)
    {
        // The project says which shared files it compiles.
        var project = File.ReadAllText(Path.Combine(Root, "src/Resilient.Llm.Chaos/Resilient.Llm.Chaos.csproj"));
        var shared = Files("src/Shared").Where(file => project.Contains("../Shared/" + Path.GetFileName(file), StringComparison.Ordinal));
        return Compile("Resilient.Llm.Chaos", [.. Files("src/Resilient.Llm.Chaos"), .. shared], library.ToMetadataReference());
    }

    /// <summary>The room of a source file: its first folder below the package, or Shared. Null for a file that is generated or lies in no room.</summary>
    public static string? RoomOf(SyntaxTree file)
    {
        var parts = file.FilePath.Split('/');
        return parts is ["src", "Shared", ..] ? "Shared" : parts is ["src", _, var room, _, ..] ? room : null;
    }

    /// <summary>The compilation with one more file.</summary>
    public static CSharpCompilation With(this CSharpCompilation compilation, string path, string text) => compilation.AddSyntaxTrees(Parse(text, path));

    private static CSharpCompilation Compile(string package, IEnumerable<string> files, params MetadataReference[] packages)
    {
        var trees = files.Select(static file => Parse(File.ReadAllText(Path.Combine(Root, file)), file)).Append(Parse(ImplicitUsings, "ImplicitUsings.cs"));

        // Our own packages come as source.
        var references = Lines("references.txt")
            .Where(static path => !Path.GetFileName(path).StartsWith("Resilient.Llm", StringComparison.Ordinal))
            .Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create(package, trees, [.. references, .. packages], options);
        CSharpGeneratorDriver.Create(Generators(), parseOptions: s_parsing).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        return (CSharpCompilation)generated;
    }

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(SourceText.From(text), s_parsing, path);

    private static IEnumerable<string> Files(params string[] folders) => folders
        .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Select(static file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
        .Where(static file => file.Split('/') is not [_, _, "bin" or "obj", ..])
        .Order(StringComparer.Ordinal);

    private static ImmutableArray<ISourceGenerator> Generators() =>
        [.. Lines("generators.txt").SelectMany(static path => new AnalyzerFileReference(path, new Loader()).GetGenerators(LanguageNames.CSharp))];

    private static string[] Lines(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, file));

    private static string RootAbove(string folder) => File.Exists(Path.Combine(folder, "Resilient.Llm.sln"))
        ? folder
        : RootAbove(Path.GetDirectoryName(folder)!);

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
