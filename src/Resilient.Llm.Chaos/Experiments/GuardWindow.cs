namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Counts the requests that ended within a guard's window, in fixed memory.</summary>
/// <remarks>
/// Uses buckets of 1/50 of the window. A sum covers every bucket that touches the window: all of it and at most 2 % more. The percentile is
/// compared with one fixed bound, so counting the requests above it is enough. Not thread-safe: <see cref="GuardWatch"/> locks.
/// </remarks>
internal sealed class GuardWindow(long window, long origin)
{
    private const int Buckets = 50;

    private readonly long _width = Math.Max(1, (window + Buckets - 1) / Buckets);

    // One more than the window holds, because both of its ends may lie inside a bucket.
    private readonly Bucket[] _buckets = new Bucket[Buckets + 1];

    public void Add(long now, bool isAnswered, bool isFailed, bool isTimed, bool isLate)
    {
        var index = IndexOf(now);
        ref var bucket = ref _buckets[(int)(index % _buckets.Length)];
        if (bucket.Index != index)
        {
            bucket = new() { Index = index };
        }

        bucket.Counts += new GuardCounts(isAnswered ? 1 : 0, isFailed ? 1 : 0, isTimed ? 1 : 0, isLate ? 1 : 0);
    }

    public GuardCounts Sum(long now)
    {
        var oldest = IndexOf(now - window);
        var sum = default(GuardCounts);
        foreach (ref readonly var bucket in _buckets.AsSpan())
        {
            sum += bucket.Index >= oldest ? bucket.Counts : default;
        }

        return sum;
    }

    // Counted from the experiment's start; nothing is earlier.
    private long IndexOf(long timestamp) => Math.Max(0, timestamp - origin) / _width;

    private struct Bucket
    {
        public long Index;
        public GuardCounts Counts;
    }
}

/// <summary>The counts of a guard.</summary>
/// <param name="Answered">Answered requests.</param>
/// <param name="Failed">Requests that failed and were not cancelled.</param>
/// <param name="Timed">Requests whose time counts.</param>
/// <param name="Late">Timed requests that took longer than the guard allows.</param>
internal readonly record struct GuardCounts(long Answered, long Failed, long Timed, long Late)
{
    public static GuardCounts operator +(GuardCounts one, GuardCounts other) =>
        new(one.Answered + other.Answered, one.Failed + other.Failed, one.Timed + other.Timed, one.Late + other.Late);
}
