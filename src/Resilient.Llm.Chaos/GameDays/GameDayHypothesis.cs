namespace Resilient.Llm.Chaos;

/// <summary>The expectations of a game day, checked over all of its requests, as the callers see them.</summary>
/// <remarks>
/// Immutable. Every hypothesis includes that no request leaves its geographies. Shares refer to sent requests, without shed ones.
/// </remarks>
public sealed record GameDayHypothesis
{
    /// <summary>Gets the share of requests that are answered, by any step. A broken stream is not answered.</summary>
    /// <value>Default: 1. Range: 0 to 1.</value>
    public double Answered { get; init; } = 1;

    /// <summary>Gets the share of requests that are answered within a time.</summary>
    /// <value>Default: null, not checked.</value>
    public GameDayPromptness? AnsweredWithin { get; init; }

    /// <summary>Gets the share of requests that are answered by a model, not by the cache or the last resort.</summary>
    /// <value>Default: null, not checked. Range: 0 to 1.</value>
    public double? ByModel { get; init; }

    /// <summary>Gets the highest 99th percentile of the time to first content, or to a plain answer.</summary>
    /// <value>Default: null, not checked. Range: above zero.</value>
    public TimeSpan? FirstContentP99 { get; init; }

    /// <summary>Gets the highest share of streams that break after their first content.</summary>
    /// <value>Default: null, not checked (a broken stream still counts as unanswered). Range: 0 to 1.</value>
    public double? BrokenStreams { get; init; }

    /// <summary>Gets whether each experiment must hit a call. Detects misspelled names and a missing <c>WithChaos</c>.</summary>
    /// <value>Default: true.</value>
    public bool EveryExperimentHits { get; init; } = true;
}

/// <summary>The share of requests that are answered within a time.</summary>
/// <param name="Time">The time to first content, or to a plain answer. Range: above zero.</param>
/// <param name="Share">The share of sent requests. Range: 0 to 1.</param>
public sealed record GameDayPromptness(TimeSpan Time, double Share);
