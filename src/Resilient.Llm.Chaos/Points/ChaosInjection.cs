namespace Resilient.Llm.Chaos;

/// <summary>What is to be done to one call.</summary>
/// <param name="Fault">What.</param>
/// <param name="Delay">The time drawn from the fault's latency; zero where it has none.</param>
/// <param name="Ended">Cancelled when the experiment ends, however it ends: every wait that it caused is over then, and the call goes on to whoever it was meant for.</param>
internal sealed record ChaosInjection(ChaosFault Fault, TimeSpan Delay, CancellationToken Ended);
