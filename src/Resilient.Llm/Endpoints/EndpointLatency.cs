namespace Resilient.Llm.Endpoints;

/// <summary>How long an endpoint recently took: to the answer of a plain call, to the first content of a stream.</summary>
/// <remarks>
/// <para>
/// Remembers the last <see cref="Capacity"/> times of each kind. Failures are left out, and so are calls that were judged slow (except from
/// the average). A call that was given up before it showed anything, because its caller left or another was faster, counts as a lower
/// bound: the time it had been silent. Leaving those out would make the percentiles forget the slower calls; counting them as times would
/// distort them when users press Stop at once.
/// </para>
/// <para>
/// Algorithm: the product-limit estimator (E. L. Kaplan, P. Meier, "Nonparametric Estimation from Incomplete Observations", 1958), which
/// without lower bounds is the nearest-rank percentile. Thread-safe: times are recorded under a short lock and sorted anew only after every
/// tenth; in between, reading takes no lock.
/// </para>
/// </remarks>
internal sealed class EndpointLatency
{
    public const int Capacity = 200;

    /// <summary>With fewer times than this there is no percentile.</summary>
    public const int LeastTimes = 20;

    private const int TimesPerSort = 10;

    private readonly Times _plain = new();
    private readonly Times _streaming = new();

    /// <summary>
    /// Records the time to the first content of a stream or to the answer of a plain call; a negative one counts as zero. It is a lower
    /// bound if the call was given up before anything came. The time of a slow call counts in the average, which says how it is now, but
    /// not in the percentiles, which say what is usual.
    /// </summary>
    public void Record(bool isStreaming, TimeSpan time, bool isLowerBound = false, bool isSlow = false) =>
        Of(isStreaming).Record(Math.Max(0, time.Ticks), isLowerBound, isSlow);

    /// <summary>
    /// Records the time of a probe. Its question is shorter than any request's, so a request would have taken at least as long: it can only
    /// raise the average, and the percentiles ignore it.
    /// </summary>
    public void RecordProbe(bool isStreaming, TimeSpan time)
    {
        // Without times of requests the first of them must count as it is, not relative to a probe.
        if (Average(isStreaming) is { } average && time > average)
        {
            Record(isStreaming, time, isLowerBound: true, isSlow: true);
        }
    }

    /// <summary>The time within which the given part of the calls was answered; null if too few times are known.</summary>
    public TimeSpan? Percentile(bool isStreaming, double percentile) => Of(isStreaming).Percentile(percentile)?.Time;

    /// <summary>
    /// The same among answered calls, once there are <see cref="LeastTimes"/>: a call that was given up does not say how long it would have
    /// taken. If that part of the calls was never answered, it is the longest answer.
    /// </summary>
    public TimeSpan? Usual(bool isStreaming, double percentile) => Of(isStreaming).Percentile(percentile)?.Usual;

    /// <summary>
    /// The exponentially weighted moving average; null while unknown. Half of a change shows after three more times, nine tenths after ten.
    /// </summary>
    public TimeSpan? Average(bool isStreaming) => Of(isStreaming).Average;

    /// <summary>Resets both averages, for an endpoint that is no longer slow.</summary>
    public void ForgetAverage()
    {
        _plain.ForgetAverage();
        _streaming.ForgetAverage();
    }

    private Times Of(bool isStreaming) => isStreaming ? _streaming : _plain;

    /// <summary>A percentile, and that of the answers alone, which is null if they are too few.</summary>
    private sealed record Estimate(double Percentile, TimeSpan Time, TimeSpan? Usual);

    private sealed class Times
    {
        // Products of fractions such as 19/20 miss the even number by a hair.
        private const double Tolerance = 1e-9;

        private const double NewestWeight = 0.2;

        private readonly Lock _lock = new();

        // Twice the ticks, plus one for a lower bound: they sort by time, exact ones first, as the estimator needs it.
        private readonly long[] _recent = new long[Capacity];
        private readonly long[] _sorted = new long[Capacity];
        private long _average = -1;
        private int _count;
        private int _next;
        private int _sortedCount;
        private int _unsorted;

        // Read without the lock: a caller that asks per call asks for the same percentile every time.
        private volatile Estimate? _last;
        private volatile bool _isStale = true;

        public TimeSpan? Average => Volatile.Read(ref _average) is >= 0 and var average ? TimeSpan.FromTicks(average) : null;

        public void ForgetAverage()
        {
            lock (_lock)
            {
                Volatile.Write(ref _average, -1);
            }
        }

        public void Record(long ticks, bool isLowerBound, bool isSlow)
        {
            lock (_lock)
            {
                // A call that was given up counts only if it had already taken longer than usual.
                if (_average < 0 || !isLowerBound || ticks > _average)
                {
                    Volatile.Write(ref _average, _average < 0 ? ticks : _average + (long)(NewestWeight * (ticks - _average)));
                }

                if (isSlow)
                {
                    return;
                }

                _recent[_next] = (ticks << 1) | (isLowerBound ? 1L : 0L);
                _next = (_next + 1) % Capacity;
                _count = Math.Min(_count + 1, Capacity);
                if (++_unsorted >= TimesPerSort)
                {
                    _isStale = true;
                }
            }
        }

        public Estimate? Percentile(double percentile)
        {
            var last = _last;
            return !_isStale && last?.Percentile == percentile ? last : Estimated(percentile);
        }

        private Estimate? Estimated(double percentile)
        {
            lock (_lock)
            {
                if (_count < LeastTimes)
                {
                    return null;
                }

                if (_sortedCount == 0 || _unsorted >= TimesPerSort)
                {
                    _recent.AsSpan(0, _count).CopyTo(_sorted);
                    _sorted.AsSpan(0, _count).Sort();
                    _sortedCount = _count;
                    _unsorted = 0;
                    _last = null;
                }

                if (_last?.Percentile != percentile)
                {
                    _last = EstimateOf(percentile);
                }

                _isStale = false;
                return _last;
            }
        }

        /// <summary>The first time by which that part was answered; the longest known time if it never was.</summary>
        private Estimate EstimateOf(double percentile)
        {
            var unanswered = 1.0;
            var answers = 0;
            long? time = null;
            long longestAnswer = 0;
            for (var i = 0; i < _sortedCount; i++)
            {
                if ((_sorted[i] & 1) != 0)
                {
                    continue;
                }

                answers++;
                longestAnswer = _sorted[i] >> 1;
                double stillAsked = _sortedCount - i;
                unanswered *= (stillAsked - 1) / stillAsked;
                if (1 - unanswered >= percentile - Tolerance)
                {
                    time ??= longestAnswer;
                }
            }

            return new(
                percentile,
                TimeSpan.FromTicks(time ?? (_sorted[_sortedCount - 1] >> 1)),
                answers < LeastTimes ? null : TimeSpan.FromTicks(time ?? longestAnswer));
        }
    }
}
