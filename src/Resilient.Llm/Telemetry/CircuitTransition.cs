using Polly.CircuitBreaker;

namespace Resilient.Llm;

/// <summary>One change of a circuit's state.</summary>
/// <param name="From">The state that ended.</param>
/// <param name="To">The state that began.</param>
/// <param name="Reason">Why the state changed.</param>
/// <param name="At">When, by the wall clock.</param>
/// <param name="BreakDuration">
/// How long the circuit stays open, jitter included; null unless <paramref name="To"/> is <see cref="CircuitState.Open"/>.
/// </param>
/// <remarks>Immutable and safe to share between threads.</remarks>
public sealed record CircuitTransition(
    CircuitState From, CircuitState To, CircuitTransitionReason Reason, DateTimeOffset At, TimeSpan? BreakDuration = null)
{
    /// <summary>Whether the circuit closed after it had been open for slowness.</summary>
    internal bool EndsSlowness { get; init; }
}
