namespace Resilient.Llm.CircuitBreaking;

/// <summary>Counts the calls and failures of the last <c>SamplingDuration</c> in fixed memory.</summary>
/// <remarks>
/// Two structures, since a count cannot be both exact and bounded for an unknown number of calls:
/// <list type="bullet">
/// <item>a ring of the timestamps of the last <c>FailureThreshold</c> failures: the threshold is reached exactly when the ring is full and
/// its oldest entry lies within the window, both ends included;</item>
/// <item>a ring of buckets, each a fiftieth of the window, for the ratio: the sum covers every bucket that touches the window, hence all of
/// it and at most 2 % more.</item>
/// </list>
/// Not thread-safe: guarded by the breaker's lock. Failures must not go back in time; a call may, since its end is timed before the lock.
/// </remarks>
internal sealed class OutcomeWindow
{
    private const int Buckets = 50;

    private readonly long _origin;
    private readonly long _duration;
    private readonly long _bucketWidth;
    private readonly double _ratio;
    private readonly long[] _failures;

    // One more than fit into the window, since both ends may lie inside buckets.
    private readonly Bucket[] _buckets = new Bucket[Buckets + 1];
    private int _nextFailure;
    private int _failureCount;

    public OutcomeWindow(int failureThreshold, double failureRatio, long duration, long origin)
    {
        _origin = origin;
        _duration = duration;
        _bucketWidth = Math.Max(1, (duration + Buckets - 1) / Buckets);
        _ratio = failureRatio;
        _failures = new long[failureThreshold];
        Clear();
    }

    public void Clear()
    {
        _nextFailure = 0;
        _failureCount = 0;
        Array.Fill(_buckets, new() { Index = long.MinValue });
    }

    public void AddCall(long now) => BucketAt(now).Calls++;

    /// <summary>Counts a slow call; <see cref="AddCall"/> counts the call itself.</summary>
    public void AddSlow(long now) => BucketAt(now).Slow++;

    public void AddFailure(long now)
    {
        BucketAt(now).Failures++;
        _failures[_nextFailure] = now;
        _nextFailure = (_nextFailure + 1) % _failures.Length;
        _failureCount = Math.Min(_failureCount + 1, _failures.Length);
    }

    /// <summary>Whether the failures suffice to open the circuit. Checked after a failure only: nothing else can cause it.</summary>
    public bool IsTripped(long now)
    {
        // In a full ring the next place to write holds the oldest entry.
        if (_failureCount < _failures.Length || now - _failures[_nextFailure] > _duration)
        {
            return false;
        }

        var (calls, failures, _) = Sum(now);
        return failures >= _ratio * calls;
    }

    /// <summary>Whether the slow calls suffice to open the circuit.</summary>
    /// <remarks>Counted in buckets alone: a slow call is noticed at the next use of the circuit, so exact times would not help.</remarks>
    public bool IsTrippedBySlow(long now, double ratio)
    {
        var (calls, _, slow) = Sum(now);
        return slow >= _failures.Length && slow >= ratio * calls;
    }

    /// <summary>Calls, failures and slow calls of every bucket that touches the window.</summary>
    public (int Calls, int Failures, int Slow) Sum(long now)
    {
        var oldest = IndexOf(now - _duration);
        int calls = 0, failures = 0, slow = 0;
        foreach (ref readonly var bucket in _buckets.AsSpan())
        {
            if (bucket.Index >= oldest)
            {
                calls += bucket.Calls;
                failures += bucket.Failures;
                slow += bucket.Slow;
            }
        }

        return (calls, failures, slow);
    }

    private ref Bucket BucketAt(long now)
    {
        var index = IndexOf(now);
        ref var bucket = ref _buckets[(int)(index % _buckets.Length)];
        // Not one that is newer: it stands for a later part of the window.
        if (bucket.Index < index)
        {
            bucket = new() { Index = index };
        }

        return ref bucket;
    }

    // Counted from the circuit's creation. Earlier times go to bucket 0, where nothing older is.
    private long IndexOf(long timestamp) => Math.Max(0, timestamp - _origin) / _bucketWidth;

    private struct Bucket
    {
        public long Index;
        public int Calls;
        public int Failures;
        public int Slow;
    }
}
