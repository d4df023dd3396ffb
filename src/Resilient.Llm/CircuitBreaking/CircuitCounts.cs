namespace Resilient.Llm;

/// <summary>The counts of a circuit that is closed or open for slowness. All zero in any other state.</summary>
/// <param name="Calls">
/// Calls within <see cref="ChatCircuitBreakerOptions.SamplingDuration"/>, and at most 2 % more: answered, failed, or streaming. Neutral
/// ones are left out.
/// </param>
/// <param name="Failures">Failed calls. May exceed <paramref name="Calls"/>: a long stream that breaks was counted when it began.</param>
/// <param name="ConsecutiveFailures">Failures since the last success, however far apart.</param>
/// <param name="SlowCalls">Slow calls, pending ones included (<see cref="ChatCircuitBreakerOptions.SlowCallDuration"/>).</param>
public readonly record struct CircuitCounts(int Calls, int Failures, int ConsecutiveFailures, int SlowCalls = 0);
