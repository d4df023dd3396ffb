namespace Resilient.Llm;

/// <summary>What follows from a <see cref="FailureKind"/>: one row of the failure table.</summary>
/// <param name="RetrySameEndpoint">Whether the same endpoint may be asked again for this question.</param>
/// <param name="Health">What the endpoint's circuit breaker learns from it.</param>
/// <param name="StepDown">Whether the ladder goes on with the next rung. When false the caller gets the failure as it came.</param>
public readonly record struct FailureReaction(bool RetrySameEndpoint, HealthEffect Health, bool StepDown);
