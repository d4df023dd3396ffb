namespace Resilient.Llm.CircuitBreaking;

/// <summary>The one probe permit of a half-open circuit: its holder, its lease, and how many probes have succeeded.</summary>
/// <remarks>
/// When a lease runs out, another call may become the probe; the outcome of the first is dropped. Changed under the breaker's lock;
/// <see cref="IsHeld"/> needs none.
/// </remarks>
internal sealed class ProbeLease(long duration)
{
    // Zero: no call holds the permit.
    private long _holder;
    private long _lastHolder;
    private long _until = long.MinValue;
    private int _successes;

    public bool IsHeld(long now) => now < Volatile.Read(ref _until);

    public bool IsHeldBy(long probeId) => probeId == _holder;

    /// <summary>Gives the permit to a call. Returns its probe id, never zero.</summary>
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

    /// <summary>Counts a success. Returns the successes since the circuit became half-open.</summary>
    public int CountSuccess() => ++_successes;

    /// <summary>Releases the permit and resets the successes. Called at every transition.</summary>
    public void Clear()
    {
        Release();
        _successes = 0;
    }
}
