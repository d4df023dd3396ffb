namespace Resilient.Llm.Chaos;

/// <summary>What is expected to hold while everything goes wrong. Judged over all requests of the game day, as their callers saw them.</summary>
/// <remarks>
/// Immutable. That no question left its geographies is part of every hypothesis and cannot be given up. Shares are of the requests that were asked; those that were shed were not.
/// </remarks>
public sealed record GameDayHypothesis
{
    /// <summary>How many requests are answered, by whatever rung. A stream that broke is not.</summary>
    /// <value>Default: 1. Range: 0 to 1.</value>
    public double Answered { get; init; } = 1;

    /// <summary>How many are answered in time.</summary>
    /// <value>Default: null, not looked at.</value>
    public GameDayPromptness? AnsweredWithin { get; init; }

    /// <summary>How many are answered by a model, not by the cache or the last resort.</summary>
    /// <value>Default: null, not looked at. Range: 0 to 1.</value>
    public double? ByModel { get; init; }

    /// <summary>The longest 99th percentile of the time to the first content of a stream, or to a plain answer.</summary>
    /// <value>Default: null, not looked at. Range: above zero.</value>
    public TimeSpan? FirstContentP99 { get; init; }

    /// <summary>How many of the streams may break after their first content, at most.</summary>
    /// <value>Default: null, not looked at (but a broken stream is never answered). Range: 0 to 1.</value>
    public double? BrokenStreams { get; init; }

    /// <summary>Whether each experiment must have hit at least one call. One that hits nothing shows nothing: a name may be misspelt, or <c>WithChaos</c> missing.</summary>
    /// <value>Default: true.</value>
    public bool EveryExperimentHits { get; init; } = true;
}

/// <summary>How many requests are answered how soon.</summary>
/// <param name="Time">To the first content of a stream, or to a plain answer. Range: above zero.</param>
/// <param name="Share">How many of those that were asked. Range: 0 to 1.</param>
public sealed record GameDayPromptness(TimeSpan Time, double Share);
