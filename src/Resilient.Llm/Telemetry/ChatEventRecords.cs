using Polly.CircuitBreaker;

namespace Resilient.Llm;

/// <summary>An endpoint is about to be asked again.</summary>
/// <param name="Model">The model's name; null for a stand-alone decorator.</param>
/// <param name="Endpoint">The endpoint's name; null for a stand-alone decorator.</param>
/// <param name="Retry">The number of the retry, from 1.</param>
/// <param name="Failure">What went wrong before.</param>
/// <param name="Delay">How long the retry waits first.</param>
public sealed record ChatRetryEvent(string? Model, string? Endpoint, int Retry, FailureKind Failure, TimeSpan Delay);

/// <summary>The ladder steps down: a step failed or was skipped.</summary>
/// <param name="From">The step.</param>
/// <param name="Failure">What went wrong, or why the step was not called.</param>
/// <param name="ExceptionType">
/// The exception's type; null when the step was skipped. The exception itself may quote the prompt: it is logged at Trace only.
/// </param>
/// <param name="SkipReason">Why the step was skipped, for example "circuit open"; null when it was called and failed.</param>
public sealed record ChatFallbackEvent(string From, FailureKind Failure, string? ExceptionType, string? SkipReason);

/// <summary>A circuit changed its state.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Endpoint">The endpoint's name.</param>
/// <param name="From">The previous state.</param>
/// <param name="To">The new state.</param>
/// <param name="Reason">Why the state changed.</param>
/// <param name="BreakDuration">How long it stays open; null unless it opened.</param>
public sealed record ChatCircuitEvent(
    string Model, string Endpoint, CircuitState From, CircuitState To, CircuitTransitionReason Reason, TimeSpan? BreakDuration);

/// <summary>A request ended, with or without an answer.</summary>
/// <param name="Report">How it was answered, and every step tried or skipped.</param>
/// <param name="Failure">What went wrong; null when it was answered.</param>
/// <param name="IsStreaming">Whether it was a stream.</param>
public sealed record ChatCompletedEvent(ResilienceReport Report, FailureKind? Failure, bool IsStreaming);

/// <summary>A request bound to geographies failed over or was refused. Raised once at the end of the request. Holds no content.</summary>
/// <param name="Residency">Where its data was allowed to go; nowhere for a request without the residency that the ladder requires.</param>
/// <param name="Report">
/// Which step answered and where (<see cref="ResilienceReport.Geography"/>; null: none, or undeclared), and every attempt.
/// </param>
/// <param name="Refusals">Which places did not get the data because of the residency, and why.</param>
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
