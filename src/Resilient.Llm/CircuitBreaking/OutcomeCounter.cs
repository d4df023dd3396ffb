using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Counts outcomes, and decides when failures or slow calls suffice to open the circuit.</summary>
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

    public void EndRowOfFailures() => _consecutiveFailures = 0;

    /// <summary>Counts a failure; <see cref="AddCall"/> counts its call. Returns why the circuit must open; null: it need not.</summary>
    public CircuitTransitionReason? AddFailure(long now)
    {
        _window.AddFailure(now);
        _consecutiveFailures++;
        return _window.IsTripped(now) ? CircuitTransitionReason.FailuresInWindow
            : _consecutiveFailures >= (options.ConsecutiveFailures ?? int.MaxValue) ? CircuitTransitionReason.ConsecutiveFailures
            : null;
    }

    public bool IsTrippedBySlowCalls(long now) => _window.IsTrippedBySlow(now, options.SlowCallRatio);

    public void Clear()
    {
        _window.Clear();
        _consecutiveFailures = 0;
    }
}
