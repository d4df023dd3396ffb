using System.Numerics;

namespace Resilient.Llm.Chaos;

/// <summary>Counts times in logarithmic buckets: percentiles of millions of times in a few kilobytes.</summary>
/// <remarks>
/// <para>
/// After HdrHistogram (G. Tene, https://hdrhistogram.org): 128 buckets per power of two. A percentile is the middle of its bucket, so its
/// error is at most 0.4 % (none below 25 microseconds, where a bucket is one tick of 100 ns).
/// </para>
/// <para>
/// Times that never came count as longer than all others, because percentiles of answered requests alone would favour the worst service.
/// The order of merging does not matter. Not thread-safe.
/// </para>
/// </remarks>
public sealed class LogHistogram
{
    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;

    private double[] _counts = [];

    /// <summary>Gets how many times are counted, including those that never came.</summary>
    public double Count { get; private set; }

    /// <summary>Gets how many never came.</summary>
    public double Never { get; private set; }

    /// <summary>Counts a time. A negative time counts as zero.</summary>
    /// <param name="time">The time.</param>
    public void Add(TimeSpan time)
    {
        var bucket = BucketOf(Math.Max(0, time.Ticks));
        Reserve(bucket + 1);
        _counts[bucket]++;
        Count++;
    }

    /// <summary>Counts a time that never came.</summary>
    public void AddNever()
    {
        Never++;
        Count++;
    }

    /// <summary>Adds the counts of another histogram.</summary>
    /// <param name="other">The other histogram. Not changed.</param>
    /// <param name="weight">The weight of each count, for a sample that represents more. Range: zero and up.</param>
    public void Add(LogHistogram other, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentOutOfRangeException.ThrowIfNegative(weight);
        Reserve(other._counts.Length);
        for (var i = 0; i < other._counts.Length; i++)
        {
            _counts[i] += other._counts[i] * weight;
        }

        Never += other.Never * weight;
        Count += other.Count * weight;
    }

    /// <summary>Returns a percentile.</summary>
    /// <param name="part">The percentile as a fraction, for example 0.99. Range: above 0 to 1.</param>
    /// <returns>The time; <see cref="TimeSpan.MaxValue"/> if that fraction never came; null if nothing is counted.</returns>
    public TimeSpan? Percentile(double part)
    {
        if (part is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(part), part, "A percentile is asked for as a part, above 0 to 1: for example 0.99.");
        }

        if (Count == 0)
        {
            return null;
        }

        // The nearest rank, minus a tolerance for rounding errors of weights.
        var rank = part * Count * (1 - 1e-12);
        var counted = 0.0;
        for (var i = 0; i < _counts.Length; i++)
        {
            counted += _counts[i];
            if (_counts[i] > 0 && counted >= rank)
            {
                return TimeSpan.FromTicks(MiddleOf(i));
            }
        }

        return TimeSpan.MaxValue;
    }

    /// <summary>The first 256 buckets are one tick wide. Each further power of two has 128 buckets of twice the previous width.</summary>
    private static int BucketOf(long ticks)
    {
        var octave = Math.Max(0, 63 - SubBucketBits - BitOperations.LeadingZeroCount((ulong)ticks));
        return (octave * SubBuckets) + (int)(ticks >> octave);
    }

    private static long MiddleOf(int bucket)
    {
        var octave = Math.Max(0, (bucket / SubBuckets) - 1);
        var from = (long)(bucket - (octave * SubBuckets)) << octave;
        return from + ((1L << octave) / 2);
    }

    private void Reserve(int length)
    {
        if (_counts.Length < length)
        {
            Array.Resize(ref _counts, (length + SubBuckets - 1) / SubBuckets * SubBuckets);
        }
    }
}
