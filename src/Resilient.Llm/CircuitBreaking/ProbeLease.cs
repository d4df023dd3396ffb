namespace Resilient.Llm.CircuitBreaking;

/// <summary>The one probe permit of a half-open circuit: which call holds it, until when, and how many probes have succeeded.</summary>
/// <remarks>
/// A lease that runs out lets another call become the probe; what the first one still reports is dropped.
/// Changed under the breaker's lock; <see cref="IsHeld"/> may be read without it.
/// </remarks>
internal sealed class ProbeLease(long duration)
{
    // Zero: no call holds the permit.
    private long _holder;
    private long _lastHolder;
    private long _until = long.MinValue;
    private int _successes;

    /// <summary>Whether a call holds the permit and its lease has not run out.</summary>
    public bool IsHeld(long now) => now < Volatile.Read(ref _until);

    public bool IsHeldBy(long probeId) => probeId == _holder;

    /// <summary>Gives the permit to a call.</summary>
    /// <returns>The call's probe id, never zero.</returns>
    public long Take(long now)
    {
        _holder = ++_lastHolder;
        Renew(now);
        return _holder;
    }

    public void Renew(long now) => Volatile.Write(ref _until, now + duration);

    public void Release()
    {
        _holder = 0;
        Volatile.Write(ref _until, long.MinValue);
    }

    /// <summary>Counts a probe that succeeded.</summary>
    /// <returns>How many have succeeded since the circuit became half-open.</returns>
    public int CountSuccess() => ++_successes;

    /// <summary>Releases the permit and forgets the successes. Called at every transition.</summary>
    public void Clear()
    {
        Release();
        _successes = 0;
    }
}
