namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Counts the requests that ended within a guard's window, in fixed memory.</summary>
/// <remarks>
/// Buckets, each a fiftieth of the window wide: a sum covers every bucket that touches the window, hence all of it and at most 2 % more. Since a guard compares the percentile with one fixed
/// bound, it is enough to count what lies above the bound: no times are kept, nothing is sorted. Not thread-safe: the watch's lock guards it.
/// </remarks>
internal sealed class GuardWindow(long window, long origin)
{
    private const int Buckets = 50;

    private readonly long _width = Math.Max(1, (window + Buckets - 1) / Buckets);

    // One more than fit into the window, since its two ends may lie in the middle of buckets.
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

    // Counted from the experiment's start, before which there is nothing.
    private long IndexOf(long timestamp) => Math.Max(0, timestamp - origin) / _width;

    private struct Bucket
    {
        public long Index;
        public GuardCounts Counts;
    }
}

/// <summary>What a guard counts.</summary>
/// <param name="Answered">Requests that were answered.</param>
/// <param name="Failed">Requests that were not, and whose caller had not left.</param>
/// <param name="Timed">Requests whose time counts.</param>
/// <param name="Late">Of those, the ones that took longer than the guard allows.</param>
internal readonly record struct GuardCounts(long Answered, long Failed, long Timed, long Late)
{
    public static GuardCounts operator +(GuardCounts one, GuardCounts other) =>
        new(one.Answered + other.Answered, one.Failed + other.Failed, one.Timed + other.Timed, one.Late + other.Late);
}
