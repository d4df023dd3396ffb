using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Resilient.Llm.Architecture;

/// <summary>Finds every use of a type of another room, as the compiler binds it: by name, through a member, through an inferred type.</summary>
/// <remarks>Comments and using directives are no uses.</remarks>
internal static class RoomUses
{
    /// <summary>The uses in a whole compilation, one for each line, room and type.</summary>
    public static IReadOnlyList<RoomUse> In(CSharpCompilation compilation) => [.. compilation.SyntaxTrees.SelectMany(file => In(file, compilation))];

    /// <summary>The uses in one file of it.</summary>
    public static IReadOnlyCollection<RoomUse> In(SyntaxTree file, CSharpCompilation compilation) =>
        Sources.RoomOf(file) is { } room ? In(file, room, compilation) : [];

    /// <summary>The room of a type that the compilation declares; null for a type from elsewhere, or a generated one.</summary>
    public static string? RoomOf(INamedTypeSymbol type, Compilation compilation) =>
        SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly)
            ? type.DeclaringSyntaxReferences.Select(static part => Sources.RoomOf(part.SyntaxTree)).FirstOrDefault(static room => room is not null)
            : null;

    private static HashSet<RoomUse> In(SyntaxTree file, string room, CSharpCompilation compilation)
    {
        var model = compilation.GetSemanticModel(file);
        var uses = new HashSet<RoomUse>();
        foreach (var node in file.GetRoot().DescendantNodes(static node => node is not UsingDirectiveSyntax))
        {
            foreach (var type in TypesAt(node, model))
            {
                if (RoomOf(type, compilation) is { } used && used != room)
                {
                    uses.Add(new(file.FilePath, node.GetLocation().GetLineSpan().StartLinePosition.Line + 1, room, type.Name, used));
                }
            }
        }

        return uses;
    }

    private static IEnumerable<INamedTypeSymbol> TypesAt(SyntaxNode node, SemanticModel model)
    {
        var found = new List<ITypeSymbol?>();
        var symbols = model.GetSymbolInfo(node);
        foreach (var symbol in symbols.Symbol is { } bound ? [bound] : symbols.CandidateSymbols)
        {
            AddTypesOf(symbol, found);
        }

        if (node is ExpressionSyntax or PatternSyntax)
        {
            var types = model.GetTypeInfo(node);
            found.Add(types.Type);
            found.Add(types.ConvertedType);
        }

        if (node is CommonForEachStatementSyntax each)
        {
            var loop = model.GetForEachStatementInfo(each);
            found.Add(loop.ElementType);
            found.Add(loop.GetEnumeratorMethod?.ContainingType);
        }

        return found.SelectMany(Named).Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default);
    }

    private static void AddTypesOf(ISymbol symbol, List<ITypeSymbol?> found)
    {
        switch (symbol)
        {
            case ITypeSymbol type:
                found.Add(type);
                break;
            case IMethodSymbol method:
                found.Add((method.ReducedFrom ?? method).ContainingType);
                found.AddRange(method.TypeArguments);
                break;
            case IPropertySymbol or IFieldSymbol or IEventSymbol:
                found.Add(symbol.ContainingType);
                break;
            case ILocalSymbol local:
                found.Add(local.Type);
                break;
            case IParameterSymbol parameter:
                found.Add(parameter.Type);
                break;
        }
    }

    /// <summary>A type and everything that it is made of: its arguments, its elements, the types around it.</summary>
    private static IEnumerable<INamedTypeSymbol> Named(ITypeSymbol? type) => type switch
    {
        IArrayTypeSymbol array => Named(array.ElementType),
        IPointerTypeSymbol pointer => Named(pointer.PointedAtType),
        INamedTypeSymbol named => named.TypeArguments.SelectMany(Named).Append(named.OriginalDefinition),
        _ => [],
    };
}
