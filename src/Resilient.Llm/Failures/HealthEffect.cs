namespace Resilient.Llm;

/// <summary>What a failure says about the health of the endpoint that produced it.</summary>
public enum HealthEffect
{
    /// <summary>Nothing: the endpoint may be healthy.</summary>
    Neutral = 0,

    /// <summary>The endpoint failed: its circuit breaker counts it.</summary>
    Failure,

    /// <summary>
    /// The endpoint is healthy but wants no traffic: a cooldown holds calls back for the time it asked for
    /// (<see cref="FailureKind.QuotaExhausted"/>: for the longest break). Without a Retry-After a <see cref="FailureKind.RateLimited"/>
    /// counts as <see cref="Failure"/>.
    /// </summary>
    StartsCooldown,
}
