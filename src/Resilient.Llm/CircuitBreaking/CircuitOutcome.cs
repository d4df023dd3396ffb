namespace Resilient.Llm.CircuitBreaking;

/// <summary>What one call says about the health of its endpoint.</summary>
internal enum CircuitOutcome
{
    /// <summary>Nothing: the caller went away, asked for the impossible, or the provider only wanted less traffic.</summary>
    Neutral = 0,

    /// <summary>The endpoint answered.</summary>
    Success,

    /// <summary>The endpoint failed.</summary>
    Failure,
}
