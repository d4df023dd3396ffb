namespace Resilient.Llm;

/// <summary>Why a circuit changed its state.</summary>
public enum CircuitTransitionReason
{
    /// <summary>Opened: too many failures within <see cref="ChatCircuitBreakerOptions.SamplingDuration"/>.</summary>
    FailuresInWindow = 0,

    /// <summary>Opened: <see cref="ChatCircuitBreakerOptions.ConsecutiveFailures"/> failures in a row.</summary>
    ConsecutiveFailures,

    /// <summary>Half-open: the break is over and a probe starts.</summary>
    BreakEnded,

    /// <summary>Opened again: the probe failed.</summary>
    ProbeFailed,

    /// <summary>Closed: <see cref="ChatCircuitBreakerOptions.SuccessesToClose"/> probes succeeded.</summary>
    ProbeSucceeded,

    /// <summary>Opened by an operator.</summary>
    Isolated,

    /// <summary>Closed by an operator.</summary>
    Reset,

    /// <summary>
    /// Opened: too many calls within the sampling duration took longer than <see cref="ChatCircuitBreakerOptions.SlowCallDuration"/>.
    /// </summary>
    SlowCalls,

    /// <summary>
    /// Opened: the endpoint refuses requests that its siblings answer, or any request at all. See
    /// <see cref="ChatCircuitBreakerOptions.RefusalThreshold"/>.
    /// </summary>
    RequestsRefused,
}
