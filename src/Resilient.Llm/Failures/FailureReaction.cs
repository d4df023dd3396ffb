namespace Resilient.Llm;

/// <summary>What follows from a <see cref="FailureKind"/>: one row of the failure table.</summary>
/// <param name="RetrySameEndpoint">Whether the same endpoint may be asked again for this question.</param>
/// <param name="Health">What the endpoint's circuit breaker learns from it.</param>
/// <param name="StepDown">Whether the ladder continues with the next step. When false the caller gets the failure unchanged.</param>
public readonly record struct FailureReaction(bool RetrySameEndpoint, HealthEffect Health, bool StepDown);
