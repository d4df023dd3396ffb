using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>The time from which a call is slow: fixed, or a multiple of the endpoint's usual time.</summary>
/// <remarks>
/// <para>
/// Usual times differ a hundredfold between models, and between streams (first content) and plain answers (end). So without a fixed bound
/// it follows the endpoint, separately for both kinds. While too few answers of a kind are known, none is slow.
/// </para>
/// <para>
/// A spike must not become the norm, so the percentiles of <see cref="EndpointLatency"/> exclude slow calls. The bound still grows with an
/// endpoint that becomes slower in steps below the multiple; calls beyond that stay slow until the application sets a fixed bound.
/// </para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class SlowCallBound
{
    /// <summary>A call is slow after this many times the usual time.</summary>
    public const int Multiple = 4;

    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _leastUsual;
    private readonly double _percentile;
    private readonly EndpointLatency? _latency;
    private readonly long _fixed;

    private SlowCallBound(
        TimeProvider timeProvider, TimeSpan leastUsual, double percentile, EndpointLatency? latency, long duration)
    {
        _timeProvider = timeProvider;
        _leastUsual = leastUsual;
        _percentile = percentile;
        _latency = latency;
        _fixed = duration;
    }

    /// <summary>One bound for both kinds of call. Null, so that no call is slow, if the duration is null or infinite.</summary>
    public static SlowCallBound? Fixed(TimeProvider timeProvider, TimeSpan? duration) =>
        duration > TimeSpan.Zero ? new(timeProvider, default, default, null, timeProvider.ToTimestampUnits(duration.Value)) : null;

    /// <summary><see cref="Multiple"/> times the percentile of recent times, or <paramref name="leastUsual"/> if longer.</summary>
    public static SlowCallBound Adaptive(TimeProvider timeProvider, TimeSpan leastUsual, double percentile, EndpointLatency latency) =>
        new(timeProvider, leastUsual, percentile, latency, 0);

    /// <summary>The timestamp units after which a call that begins now is slow; <see cref="long.MaxValue"/>: never.</summary>
    public long For(bool isStreaming)
    {
        if (_latency is null)
        {
            return _fixed;
        }

        if (_latency.Usual(isStreaming, _percentile) is not { } usual)
        {
            return long.MaxValue;
        }

        var units = _timeProvider.ToTimestampUnits(usual > _leastUsual ? usual : _leastUsual);
        return units > long.MaxValue / Multiple ? long.MaxValue : units * Multiple;
    }
}
