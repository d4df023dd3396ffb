using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>From how long on a call counts as slow: a fixed time, or a multiple of what the endpoint usually takes.</summary>
/// <remarks>
/// <para>
/// What is usual differs a hundredfold between models, and between streams (to the first content) and plain answers (to the end). Where the
/// application sets no bound, it therefore follows the endpoint, separately for plain calls and streams. While too few answers of a kind
/// are known, none is slow.
/// </para>
/// <para>
/// A spike must not become the norm. So the times of slow calls are not part of the percentiles of <see cref="EndpointLatency"/>. The bound
/// still grows with an endpoint that becomes slower by less than the multiple at a time; calls beyond that stay slow until the application
/// sets a fixed bound.
/// </para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class SlowCallBound
{
    /// <summary>How many times longer than usual is slow.</summary>
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

    /// <summary>The same for both kinds of call, always.</summary>
    /// <returns>Null where no call is slow.</returns>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="duration">Null or infinite: no call is slow.</param>
    public static SlowCallBound? Fixed(TimeProvider timeProvider, TimeSpan? duration) =>
        duration > TimeSpan.Zero ? new(timeProvider, default, default, null, timeProvider.ToTimestampUnits(duration.Value)) : null;

    /// <summary><see cref="Multiple"/> times what is usual.</summary>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="leastUsual">What is usual at the least, however fast the endpoint is.</param>
    /// <param name="percentile">Of the endpoint's recent times: that is usual.</param>
    /// <param name="latency">The endpoint's recent times.</param>
    public static SlowCallBound Adaptive(TimeProvider timeProvider, TimeSpan leastUsual, double percentile, EndpointLatency latency) =>
        new(timeProvider, leastUsual, percentile, latency, 0);

    /// <summary>The time after which a call that begins now is slow, in units of timestamps; <see cref="long.MaxValue"/>: never.</summary>
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
