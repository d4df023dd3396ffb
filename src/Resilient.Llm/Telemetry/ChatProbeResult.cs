namespace Resilient.Llm;

/// <summary>Why an endpoint was probed.</summary>
public enum ChatProbeReason
{
    /// <summary>Its circuit was open, and the break is over.</summary>
    BreakEnded = 0,

    /// <summary>It has had no traffic for some time.</summary>
    Idle,

    /// <summary>
    /// It refused several different requests in a row: a minimal question shows whether it refuses everything. Asked by the ladder itself,
    /// with or without active probes.
    /// </summary>
    RequestsRefused,
}

/// <summary>The result of a probe. It holds no content.</summary>
/// <param name="Model">The model, as configured.</param>
/// <param name="Endpoint">The endpoint, as configured; the model's name where it has only one unnamed endpoint.</param>
/// <param name="Reason">Why it was probed.</param>
/// <param name="Failure">What went wrong; null when it answered.</param>
/// <param name="Duration">The time from the start of the call to its end.</param>
public sealed record ChatProbeResult(string Model, string Endpoint, ChatProbeReason Reason, FailureKind? Failure, TimeSpan Duration);
