namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Which class of the style sheet a rung is painted with: models in turn, the cache, the last resort and failures always the same.</summary>
internal sealed class ScorecardColors
{
    public const string Failed = "failed";
    private const int ModelColors = 5;

    public ScorecardColors(Scorecard card)
    {
        var names = card.Steps.Select(static step => step.Name).ToArray();
        Steps =
        [
            .. names.Where(static name => name is not ("cache" or "last-resort"))
                .Select(static (name, i) => (name, FormattableString.Invariant($"m{i % ModelColors}"))),
            .. names.Where(static name => name is "cache").Select(static name => (name, "cache")),
            .. names.Where(static name => name is "last-resort").Select(static name => (name, "last")),
        ];
    }

    /// <summary>From the bottom of a bar to its top, failures excepted.</summary>
    public IReadOnlyList<(string Name, string Class)> Steps { get; }
}
