namespace Resilient.Llm.CircuitBreaking;

/// <summary>What one call says about the health of its endpoint.</summary>
internal enum CircuitOutcome
{
    /// <summary>Nothing: the caller cancelled, the request was invalid, or the provider only wanted less traffic.</summary>
    Neutral = 0,

    Success,

    Failure,

    /// <summary>The request was refused. Says nothing, unless the circuit is open for refusals: then a trial has failed.</summary>
    Refused,
}
