namespace Resilient.Llm.Chaos;

/// <summary>A distribution of latencies.</summary>
/// <remarks>Immutable. No drawn time exceeds a day, the maximum duration of an experiment.</remarks>
public sealed record ChaosLatency
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private ChaosLatency(ChaosLatencyKind kind, TimeSpan first, TimeSpan second, double spread) =>
        (Kind, First, Second, Spread) = (kind, first, second, spread);

    internal ChaosLatencyKind Kind { get; }

    internal TimeSpan First { get; }

    internal TimeSpan Second { get; }

    internal double Spread { get; }

    /// <summary>Creates a latency that is always the same.</summary>
    /// <param name="time">Range: zero or more.</param>
    public static ChaosLatency Fixed(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return new(ChaosLatencyKind.Fixed, time, time, 0);
    }

    /// <summary>Creates a uniform distribution between two times.</summary>
    /// <param name="from">Range: zero or more.</param>
    /// <param name="to">Range: <paramref name="from"/> or more.</param>
    public static ChaosLatency Uniform(TimeSpan from, TimeSpan to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        return new(ChaosLatencyKind.Uniform, from, to, 0);
    }

    /// <summary>Creates a log-normal distribution, which is typical of services: most times near the median, some far above.</summary>
    /// <param name="median">The median. Range: above zero.</param>
    /// <param name="spread">The standard deviation of the logarithm; with 0.5, one in twenty exceeds 2.3 medians. Range: zero to 5.</param>
    public static ChaosLatency LogNormal(TimeSpan median, double spread)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(median, TimeSpan.Zero);
        if (spread is not (>= 0 and <= 5))
        {
            throw new ArgumentOutOfRangeException(nameof(spread), spread, "The spread of a log-normal latency ranges from 0 to 5.");
        }

        return new(ChaosLatencyKind.LogNormal, median, median, spread);
    }

    /// <summary>Draws a time.</summary>
    /// <param name="randomness">Returns numbers from 0 up to, but not including, 1.</param>
    public TimeSpan Draw(Func<double> randomness)
    {
        ArgumentNullException.ThrowIfNull(randomness);
        var seconds = First.TotalSeconds;
        seconds = Kind switch
        {
            ChaosLatencyKind.Uniform => seconds + ((Second - First).TotalSeconds * randomness()),
            ChaosLatencyKind.LogNormal => seconds * Math.Exp(Spread * Normal(randomness)),
            _ => seconds,
        };
        return TimeSpan.FromSeconds(Math.Min(seconds, s_longest.TotalSeconds));
    }

    /// <summary>The Box-Muller transform (1958).</summary>
    private static double Normal(Func<double> randomness) =>
        Math.Sqrt(-2 * Math.Log(1 - randomness())) * Math.Cos(2 * Math.PI * randomness());
}

internal enum ChaosLatencyKind
{
    Fixed,
    Uniform,
    LogNormal,
}
