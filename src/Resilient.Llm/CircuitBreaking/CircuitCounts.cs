namespace Resilient.Llm;

/// <summary>What a circuit that lets calls in has counted so far: closed, or open for slowness. All zero in any other state.</summary>
/// <param name="Calls">
/// Calls within <see cref="ChatCircuitBreakerOptions.SamplingDuration"/> and at most 2 % more: answered, failed, or streaming since.
/// Neutral ones are left out.
/// </param>
/// <param name="Failures">
/// Those that failed. May exceed <paramref name="Calls"/>: a long stream that breaks was counted as a call when it began.
/// </param>
/// <param name="ConsecutiveFailures">Failures since the last success, whatever the time between.</param>
/// <param name="SlowCalls">
/// Those that were slow (see <see cref="ChatCircuitBreakerOptions.SlowCallDuration"/>), pending ones included; always zero where that is
/// off.
/// </param>
public readonly record struct CircuitCounts(int Calls, int Failures, int ConsecutiveFailures, int SlowCalls = 0);
