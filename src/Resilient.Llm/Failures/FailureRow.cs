namespace Resilient.Llm.Failures;

/// <summary>The built-in row of a kind of failure.</summary>
internal sealed record FailureRow(FailureKind Kind, bool RetrySameEndpoint, HealthEffect Health, bool StepDown, FailureSubject Subject)
{
    /// <summary>Whether a cooldown starts even if the provider did not say how long to wait.</summary>
    public bool StartsCooldownUnasked { get; init; }

    /// <summary>
    /// Whether a deadline of our own may be the cause. If the request alone made it short, the failure says nothing about the endpoint.
    /// </summary>
    public bool IsDeadline { get; init; }

    /// <summary>
    /// Whether the same endpoint is asked again only if the provider said how long to wait, and only if no later model could take over.
    /// </summary>
    public bool RetriesOnlyIfAsked { get; init; }

    /// <summary>When the ladder steps down, unless the application has its own row.</summary>
    public StepDownRule StepDownRule { get; init; }

    /// <summary>
    /// Whether an answer that fails like this shows a healthy endpoint: it answered, and its limit or filter ended the answer. A probe that
    /// ends so has succeeded.
    /// </summary>
    public bool IsAnswerToHealth { get; init; }

    /// <summary>Whether content that a stream delivered before stays delivered: the finish reason tells the caller the rest.</summary>
    public bool KeepsContentBefore { get; init; }

    /// <summary>
    /// Whether a provider refuses so what holds state that it does not know: a conversation id, reasoning of another provider.
    /// </summary>
    public bool RefusesUnknownState { get; init; }

    /// <summary>What the log says when an attempt fails like this.</summary>
    public FailureHint Hint { get; init; }

    public FailureReaction Reaction { get; } = new(RetrySameEndpoint, Health, StepDown);
}

/// <summary>What a failure says something about.</summary>
internal enum FailureSubject
{
    /// <summary>The called endpoint: another one may succeed.</summary>
    Endpoint,

    /// <summary>
    /// The request or its caller: a broken stream is not continued, and the failure is no verdict on a ladder used as an endpoint.
    /// </summary>
    Request,

    /// <summary>Our own refusal: no call was made, so it says nothing about the endpoint.</summary>
    CallNotMade,
}

/// <summary>When a failure steps down.</summary>
internal enum StepDownRule
{
    /// <summary>As the reaction says.</summary>
    AsReaction,

    /// <summary>
    /// From the first model it is the caller's mistake and goes to the caller. From a lower model it only means that this one cannot take
    /// over.
    /// </summary>
    NotFromFirst,

    /// <summary>Only to a model with a larger context window. If none is below the first model, the failure goes to the caller.</summary>
    LargerWindowOnly,

    /// <summary>To any model that may be asked. If none is below the first model, the failure goes to the caller.</summary>
    AnotherModelOnly,
}

/// <summary>What the log tells the application to do about a failure.</summary>
internal enum FailureHint
{
    /// <summary>Nothing: the metrics count it.</summary>
    None,

    /// <summary>To check the key.</summary>
    CheckKey,

    /// <summary>To classify the exception.</summary>
    Classify,

    /// <summary>To let the library see how long the provider asks to wait.</summary>
    ShowRetryAfter,
}
