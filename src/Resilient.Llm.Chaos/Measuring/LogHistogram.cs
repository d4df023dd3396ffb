using System.Numerics;

namespace Resilient.Llm.Chaos;

/// <summary>Counts of times, in buckets that are narrow where times are short: percentiles of millions of times in a few kilobytes.</summary>
/// <remarks>
/// <para>
/// The idea of HdrHistogram (G. Tene, https://hdrhistogram.org): every power of two is divided into the same number of buckets, here 128. A percentile is the middle of its bucket, and so off by at most 0.4 % (below
/// 25 microseconds, where buckets are one tick of 100 ns wide, not at all).
/// </para>
/// <para>What never came is counted as well, as longer than everything: percentiles of the answered alone would make the worst service look best. Merging in any order gives the same. Not thread-safe.</para>
/// </remarks>
public sealed class LogHistogram
{
    private const int SubBucketBits = 7;
    private const int SubBuckets = 1 << SubBucketBits;

    private double[] _counts = [];

    /// <summary>How many times are counted, with those that never came.</summary>
    public double Count { get; private set; }

    /// <summary>How many never came.</summary>
    public double Never { get; private set; }

    /// <summary>Counts a time. A negative one counts as zero.</summary>
    /// <param name="time">The time.</param>
    public void Add(TimeSpan time)
    {
        var bucket = BucketOf(Math.Max(0, time.Ticks));
        Reserve(bucket + 1);
        _counts[bucket]++;
        Count++;
    }

    /// <summary>Counts something that never came.</summary>
    public void AddNever()
    {
        Never++;
        Count++;
    }

    /// <summary>Adds what another one has counted.</summary>
    /// <param name="other">Stays as it is.</param>
    /// <param name="weight">How often each of its times counts: for a sample that stands for more. Range: zero and up.</param>
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

    /// <summary>The time within which the given part of all came.</summary>
    /// <param name="part">For example 0.99. Range: above 0 to 1.</param>
    /// <returns><see cref="TimeSpan.MaxValue"/> where that part never came; null where nothing is counted.</returns>
    public TimeSpan? Percentile(double part)
    {
        if (part is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(part), part, "A percentile is asked for as a part, above 0 to 1: for example 0.99.");
        }

        if (Count == 0)
        {
            return null;
        }

        // The nearest rank, less what adding weights may have lost to rounding.
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

    /// <summary>The first 256 buckets are one tick wide; from there on each power of two has 128, twice as wide as those of the one before.</summary>
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
