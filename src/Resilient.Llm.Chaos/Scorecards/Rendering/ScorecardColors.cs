namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Maps each step to a CSS class. Models take turns; the cache, the last resort and failures are fixed.</summary>
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

    /// <summary>From the bottom of a bar to its top, without failures.</summary>
    public IReadOnlyList<(string Name, string Class)> Steps { get; }
}
