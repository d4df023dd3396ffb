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
    public IReadOnlyDictionary<string, int> Rungs { get; init; } = new Dictionary<string, int>();

    /// <summary>The median time to first content of the same requests; null: none.</summary>
    public TimeSpan? FirstContentP50 { get; init; }

    /// <summary>The 99th percentile of the same; null: none.</summary>
    public TimeSpan? FirstContentP99 { get; init; }
}
