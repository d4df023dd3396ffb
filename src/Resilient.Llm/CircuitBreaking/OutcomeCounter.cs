using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Counts the outcomes of calls, and says when failures or slow calls suffice to open the circuit.</summary>
/// <remarks>Two rules for failures: so many within a window, or so many in a row. Guarded by the breaker's lock.</remarks>
internal sealed class OutcomeCounter(ChatCircuitBreakerOptions options, TimeProvider timeProvider)
{
    private readonly OutcomeWindow _window = new(
        options.FailureThreshold,
        options.FailureRatio,
        timeProvider.ToTimestampUnits(options.SamplingDuration),
        timeProvider.GetTimestamp());

    private int _consecutiveFailures;

    public CircuitCounts At(long now)
    {
        var (calls, failures, slow) = _window.Sum(now);
        return new(calls, failures, _consecutiveFailures, slow);
    }

    public void AddCall(long now) => _window.AddCall(now);

    public void AddSlowCall(long now)
    {
        _window.AddCall(now);
        _window.AddSlow(now);
    }

    /// <summary>Ends the row of consecutive failures. The call itself is counted by <see cref="AddCall"/>.</summary>
    public void EndRowOfFailures() => _consecutiveFailures = 0;

    /// <summary>Counts a failure. The call itself is counted by <see cref="AddCall"/>.</summary>
    /// <returns>Why the circuit must open now; null when it need not.</returns>
    public CircuitTransitionReason? AddFailure(long now)
    {
        _window.AddFailure(now);
        _consecutiveFailures++;
        return _window.IsTripped(now) ? CircuitTransitionReason.FailuresInWindow
            : _consecutiveFailures >= (options.ConsecutiveFailures ?? int.MaxValue) ? CircuitTransitionReason.ConsecutiveFailures
            : null;
    }

    /// <summary>Whether the slow calls suffice to open the circuit. Ask after a slow call.</summary>
    public bool IsTrippedBySlowCalls(long now) => _window.IsTrippedBySlow(now, options.SlowCallRatio);

    public void Clear()
    {
        _window.Clear();
        _consecutiveFailures = 0;
    }
}
