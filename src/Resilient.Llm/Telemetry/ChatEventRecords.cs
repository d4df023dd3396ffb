using Polly.CircuitBreaker;

namespace Resilient.Llm;

/// <summary>An endpoint is about to be asked again.</summary>
/// <param name="Model">The model's name; null where a decorator stands alone.</param>
/// <param name="Endpoint">The endpoint's name; null where a decorator stands alone.</param>
/// <param name="Retry">Which retry it is, from 1.</param>
/// <param name="Failure">What went wrong before.</param>
/// <param name="Delay">How long the retry waits first.</param>
public sealed record ChatRetryEvent(string? Model, string? Endpoint, int Retry, FailureKind Failure, TimeSpan Delay);

/// <summary>The ladder steps down: a rung failed, or was passed over.</summary>
/// <param name="From">The rung.</param>
/// <param name="Failure">What went wrong, or why it was not asked.</param>
/// <param name="ExceptionType">
/// The type of the exception; null when the rung was passed over. The exception itself may quote the prompt: it is logged at Trace only.
/// </param>
/// <param name="SkipReason">Why it was passed over, for example "circuit open"; null when it was asked and failed.</param>
public sealed record ChatFallbackEvent(string From, FailureKind Failure, string? ExceptionType, string? SkipReason);

/// <summary>A circuit changed its state.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="From">The state it left.</param>
/// <param name="To">The state it is in.</param>
/// <param name="Reason">What brought the change about.</param>
/// <param name="BreakDuration">How long it stays open; null unless it opened.</param>
public sealed record ChatCircuitEvent(
    string Model, string Endpoint, CircuitState From, CircuitState To, CircuitTransitionReason Reason, TimeSpan? BreakDuration);

/// <summary>A request ended, with an answer or without.</summary>
/// <param name="Report">How it was answered, and every candidate tried.</param>
/// <param name="Failure">What went wrong; null when it was answered.</param>
/// <param name="IsStreaming">Whether it was a stream.</param>
public sealed record ChatCompletedEvent(ResilienceReport Report, FailureKind? Failure, bool IsStreaming);

/// <summary>
/// A request whose data is bound to geographies failed over, or was refused because of it. One event for each such request, at its end.
/// Holds no content.
/// </summary>
/// <param name="Residency">Where its data was allowed to go; nowhere for a request without the residency that the ladder requires.</param>
/// <param name="Report">
/// Who answered, where (<see cref="ResilienceReport.Geography"/>; null: no endpoint, or undeclared), and every candidate tried or
/// passed over.
/// </param>
/// <param name="Refusals">Who did not get the data because of the residency, and why.</param>
/// <param name="IsRefused">Whether the request ended in a <see cref="DataResidencyException"/>.</param>
/// <param name="Failure">What went wrong; null when it was answered.</param>
/// <param name="IsStreaming">Whether it was a stream.</param>
public sealed record ResidencyAuditEvent(
    DataResidency Residency,
    ResilienceReport Report,
    IReadOnlyList<ResidencyRefusal> Refusals,
    bool IsRefused,
    FailureKind? Failure,
    bool IsStreaming);
