using System.Globalization;
using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos;

/// <summary>How a game day is going.</summary>
/// <remarks>Plain data, without content. Reported once a second, and when something happens.</remarks>
public sealed record GameDayProgress
{
    /// <summary>How much of it is over.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>How long it lasts.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>What has just happened, in one line, for example that an experiment started or a circuit opened; null: a second has passed.</summary>
    public string? Happened { get; init; }

    /// <summary>The experiments that run.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    /// <summary>How many requests were asked so far.</summary>
    public int Asked { get; init; }

    /// <summary>How many of them were answered.</summary>
    public int Answered { get; init; }

    /// <summary>How many failed, or broke off.</summary>
    public int Failed { get; init; }

    /// <summary>How many are under way.</summary>
    public int InFlight { get; init; }

    /// <summary>How many were shed since too many were under way.</summary>
    public long Shed { get; init; }

    /// <summary>Who answered since the last report without a happening, and how often: models by name, "cache", "last-resort"; failures as "failed".</summary>
    public IReadOnlyDictionary<string, int> Steps { get; init; } = new Dictionary<string, int>();

    /// <summary>The median time to first content of the same requests; null: none.</summary>
    public TimeSpan? FirstContentP50 { get; init; }

    /// <summary>The 99th percentile of the same; null: none.</summary>
    public TimeSpan? FirstContentP99 { get; init; }

    /// <summary>One line for a log: the time, and what has happened or how it is going.</summary>
    public override string ToString()
    {
        var at = string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds:0.0} s of {GameDayText.Of(Duration)}: ");
        if (Happened is { } happened)
        {
            return at + happened;
        }

        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"{Answered} of {Asked} answered, {InFlight} under way") };
        if (Steps.Count > 0)
        {
            parts.Add(string.Join(", ", Steps.OrderBy(static step => step.Key, StringComparer.Ordinal).Select(static step => string.Create(CultureInfo.InvariantCulture, $"{step.Key} {step.Value}"))));
        }

        if (FirstContentP50 is { } p50 && FirstContentP99 is { } p99)
        {
            parts.Add($"p50 {GameDayText.Of(p50)}, p99 {GameDayText.Of(p99)}");
        }

        return at + string.Join(" | ", parts.Concat(Running));
    }
}
