using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Resilient.Llm.Architecture;

/// <summary>A room uses rooms of lower levels only. See `docs/architecture.md`, "Rooms".</summary>
public class RoomTests
{
    public static TheoryData<string> Packages => ["Resilient.Llm", "Resilient.Llm.Chaos"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Sources_CompiledHere_HaveNoErrors(string package) =>
        AssertNone(Package.Of(package).Compilation.GetDiagnostics().Where(static d => d.Severity == DiagnosticSeverity.Error).Select(static d => d.ToString()));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Rooms_ListAndFolders_AreTheSame(string package)
    {
        var folders = Directory.EnumerateDirectories(Path.Combine(Sources.Root, "src", package))
            .Select(static folder => Path.GetFileName(folder))
            .Where(static folder => folder is not ("bin" or "obj"))
            .Append("Shared");

        Assert.Equal(folders.Order(StringComparer.Ordinal), Package.Of(package).Levels.Rooms.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void SourceFile_OfAPackage_LiesInARoom(string package) =>
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Sources.Root, "src", package), "*.cs"));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Type_WithAllItsParts_LiesInOneRoom(string package)
    {
        var compilation = Package.Of(package).Compilation;
        AssertNone(
            from file in compilation.SyntaxTrees
            let room = Sources.RoomOf(file)
            where room is not null
            let model = compilation.GetSemanticModel(file)
            from declaration in file.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
            let type = model.GetDeclaredSymbol(declaration)
            where room != RoomUses.RoomOf(type, compilation)
            select $"{file.FilePath}: {type.Name} is also declared in {RoomUses.RoomOf(type, compilation)}");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Room_UsesRoomsOfLowerLevelsOnly(string package) => AssertNone(RoomRules.ForbiddenUses(Package.Of(package).Uses, Package.Of(package).Levels));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Rooms_UseEachOther_WithoutCycles(string package)
    {
        // A cycle has a use that is not downwards: one that the test above finds, or one within a level that the list allows.
        var levels = Package.Of(package).Levels;
        AssertNone(RoomRules.CircularUses([.. Package.Of(package).Uses.Where(use => levels.Allow(use.Room, use.UsedRoom))]));
    }

    private static void AssertNone(IEnumerable<string> violations)
    {
        var found = violations.ToArray();
        Assert.True(found.Length == 0, string.Join(Environment.NewLine, found));
    }
}
