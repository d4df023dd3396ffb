using Microsoft.CodeAnalysis.CSharp;

namespace Resilient.Llm.Architecture;

/// <summary>A package with what the tests look at. Compiled and walked once.</summary>
internal sealed class Package
{
    private readonly Lazy<CSharpCompilation> _compilation;
    private readonly Lazy<IReadOnlyList<RoomUse>> _uses;

    private Package(Levels levels, Func<CSharpCompilation> compile)
    {
        Levels = levels;
        _compilation = new(compile);
        _uses = new(() => RoomUses.In(Compilation));
    }

    public static Package Library { get; } = new(Levels.OfLibrary, Sources.CompileLibrary);

    public static Package Chaos { get; } = new(Levels.OfChaos, static () => Sources.CompileChaos(Library.Compilation));

    public Levels Levels { get; }

    public CSharpCompilation Compilation => _compilation.Value;

    public IReadOnlyList<RoomUse> Uses => _uses.Value;

    public static Package Of(string name) => name == "Resilient.Llm" ? Library : Chaos;
}
