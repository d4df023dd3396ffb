using System.Globalization;
using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos;

/// <summary>The progress of a game day.</summary>
/// <remarks>Contains no chat content. Reported once per second and on every event.</remarks>
public sealed record GameDayProgress
{
    /// <summary>Gets the elapsed time.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Gets the planned duration.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets the event in one line, for example that a circuit opened; null for the report of every second.</summary>
    public string? Happened { get; init; }

    /// <summary>Gets the running experiments.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    /// <summary>Gets how many requests were sent so far.</summary>
    public int Asked { get; init; }

    /// <summary>Gets how many of them were answered.</summary>
    public int Answered { get; init; }

    /// <summary>Gets how many of them failed or broke.</summary>
    public int Failed { get; init; }

    /// <summary>Gets how many are in flight.</summary>
    public int InFlight { get; init; }

    /// <summary>Gets how many were shed because too many were in flight.</summary>
    public long Shed { get; init; }

    /// <summary>Gets the answers since the last periodic report by step: model names, "cache", "last-resort", or "failed".</summary>
    public IReadOnlyDictionary<string, int> Steps { get; init; } = new Dictionary<string, int>();

    /// <summary>Gets the median time to first content of the same requests, if any.</summary>
    public TimeSpan? FirstContentP50 { get; init; }

    /// <summary>Gets the 99th percentile of the time to first content of the same requests, if any.</summary>
    public TimeSpan? FirstContentP99 { get; init; }

    /// <summary>Returns one line for a log: the time, and the event or the counts.</summary>
    public override string ToString()
    {
        var at = string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds:0.0} s of {GameDayText.Of(Duration)}: ");
        if (Happened is { } happened)
        {
            return at + happened;
        }

        var parts = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{Answered} of {Asked} answered, {InFlight} under way"),
        };
        if (Steps.Count > 0)
        {
            parts.Add(string.Join(", ", Steps.OrderBy(static step => step.Key, StringComparer.Ordinal)
                .Select(static step => string.Create(CultureInfo.InvariantCulture, $"{step.Key} {step.Value}"))));
        }

        if (FirstContentP50 is { } p50 && FirstContentP99 is { } p99)
        {
            parts.Add($"p50 {GameDayText.Of(p50)}, p99 {GameDayText.Of(p99)}");
        }

        return at + string.Join(" | ", parts.Concat(Running));
    }
}
