using Microsoft.CodeAnalysis;

namespace Resilient.Llm.Architecture;

/// <summary>The search itself: a file that is added in memory uses a room of a higher level, and is found.</summary>
public class RoomUsesTests
{
    private const string Higher = """
        namespace Resilient.Llm.Building;
        internal class HighAttribute : System.Attribute;
        internal class High { public string Name => ""; public static High operator +(High a, High b) => a; }
        internal static class HighExtensions { public static int Raised(this int number) => number; }
        """;

    /// <summary>In the lower room, another file than the one that is looked at: it hands out the type without its name.</summary>
    private const string Factory = """
        namespace Resilient.Llm.Failures;
        internal static class Factory
        {
            public static Resilient.Llm.Building.High Make() => new();
            public static System.Collections.Generic.List<Resilient.Llm.Building.High> MakeMany() => [];
            public static void Take(Resilient.Llm.Building.High high) { }
        }
        """;

    [Theory]
    [InlineData("class Used { Building.High? _field; }")]
    [InlineData("class Used : Building.High;")]
    [InlineData("[Building.High] class Used;")]
    [InlineData("class Used { object _made = new Building.High(); }")]
    [InlineData("class Used { System.Collections.Generic.Dictionary<int, Building.High[]>? _field; }")]
    [InlineData("class Used { System.Type _type = typeof(Building.High); }")]
    [InlineData("class Used { string _name = nameof(Building.High); }")]
    [InlineData("class Used { void Method() { var made = Factory.Make(); } }")]
    [InlineData("class Used { object _name = Factory.Make().Name; }")]
    [InlineData("class Used { object _made = Factory.Make(); }")]
    [InlineData("class Used { void Method() => Factory.Take(new()); }")]
    [InlineData("class Used { object _sum = Factory.Make() + Factory.Make(); }")]
    [InlineData("class Used { bool Method(object o) => o is Building.High { Name: \"\" }; }")]
    [InlineData("class Used { void Method() { foreach (var made in Factory.MakeMany()) { } } }")]
    [InlineData("class Used { void Method() => Factory.MakeMany().ForEach(static made => { }); }")]
    [InlineData("class Used { int _raised = 1.Raised(); }", "HighExtensions")]
    public void UpwardUse_OfAnyKind_IsFound(string code, string usedType = "High")
    {
        var violations = ViolationsIn($"using Resilient.Llm.Building;\nnamespace Resilient.Llm.Failures;\ninternal {code}".Replace("internal [", "[", StringComparison.Ordinal));

        Assert.Contains(violations, violation => violation.StartsWith($"src/Resilient.Llm/Failures/Used.cs(3): Failures uses {usedType}", StringComparison.Ordinal));
        Assert.All(violations, static violation => Assert.EndsWith("of Building: level 0 uses level 9", violation, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("using Resilient.Llm.Building;\nnamespace Resilient.Llm.Failures;\n/// <summary><see cref=\"Resilient.Llm.Building.High\"/></summary>\ninternal class Used;")]
    [InlineData("namespace Resilient.Llm.Failures;\ninternal class Used { FailureKind _kind; System.Collections.Generic.List<string>? _names; }")]
    public void CommentOrUsingOrOwnType_IsNoUse(string code) => Assert.Empty(ViolationsIn(code));

    [Fact]
    public void CircularUse_OnOneLevel_IsFound()
    {
        RoomUse[] uses = [new("A.cs", 1, "Retries", "X", "Timeouts"), new("B.cs", 2, "Timeouts", "Y", "Pipelines"), new("C.cs", 3, "Pipelines", "Z", "Retries"), new("D.cs", 4, "Retries", "K", "Failures")];

        Assert.Equal(["A.cs(1)", "B.cs(2)", "C.cs(3)"], RoomRules.CircularUses(uses).Select(static violation => violation[..violation.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Equal(3, RoomRules.ForbiddenUses(uses, Levels.OfLibrary).Count());
    }

    private static List<string> ViolationsIn(string code)
    {
        var compilation = Package.Library.Compilation
            .With("src/Resilient.Llm/Building/High.cs", Higher)
            .With("src/Resilient.Llm/Failures/Factory.cs", Factory)
            .With("src/Resilient.Llm/Failures/Used.cs", code);
        var file = compilation.SyntaxTrees[^1];
        Assert.DoesNotContain(compilation.GetSemanticModel(file).GetDiagnostics(), static d => d.Severity == DiagnosticSeverity.Error);
        return [.. RoomRules.ForbiddenUses(RoomUses.In(file, compilation), Levels.OfLibrary)];
    }
}
