namespace Resilient.Llm.Failures;

/// <summary>Everything that is built in about a kind of failure.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="RetrySameEndpoint">See <see cref="FailureReaction"/>.</param>
/// <param name="Health">See <see cref="FailureReaction"/>.</param>
/// <param name="StepDown">See <see cref="FailureReaction"/>.</param>
/// <param name="Subject">What the failure says something about.</param>
internal sealed record FailureRow(FailureKind Kind, bool RetrySameEndpoint, HealthEffect Health, bool StepDown, FailureSubject Subject)
{
    /// <summary>Whether a cooldown starts also where the provider did not say how long to wait.</summary>
    public bool StartsCooldownUnasked { get; init; }

    public FailureReaction Reaction { get; } = new(RetrySameEndpoint, Health, StepDown);
}

/// <summary>What a failure says something about.</summary>
internal enum FailureSubject
{
    /// <summary>The endpoint that was called: another one may do better.</summary>
    Endpoint,

    /// <summary>
    /// The request or its caller: a broken stream is not continued, and a ladder that failed with it has not failed as an endpoint in that
    /// way.
    /// </summary>
    Request,

    /// <summary>Our own refusal: no call was made, so it says nothing about the endpoint.</summary>
    CallNotMade,
}
