namespace Resilient.Llm.Chaos;

/// <summary>A distribution of times.</summary>
/// <remarks>Immutable. No draw exceeds a day, the longest that an experiment lasts.</remarks>
public sealed record ChaosLatency
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private ChaosLatency(ChaosLatencyKind kind, TimeSpan first, TimeSpan second, double spread) => (Kind, First, Second, Spread) = (kind, first, second, spread);

    internal ChaosLatencyKind Kind { get; }

    internal TimeSpan First { get; }

    internal TimeSpan Second { get; }

    internal double Spread { get; }

    /// <summary>Always the same time.</summary>
    /// <param name="time">Range: zero or more.</param>
    public static ChaosLatency Fixed(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return new(ChaosLatencyKind.Fixed, time, time, 0);
    }

    /// <summary>Any time between two, all equally likely.</summary>
    /// <param name="from">Range: zero or more.</param>
    /// <param name="to">Range: <paramref name="from"/> or more.</param>
    public static ChaosLatency Uniform(TimeSpan from, TimeSpan to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        return new(ChaosLatencyKind.Uniform, from, to, 0);
    }

    /// <summary>As the times of services are distributed: most near the median, some far above. The logarithm of the time is normally distributed.</summary>
    /// <param name="median">Half of the times are longer. Range: above zero.</param>
    /// <param name="spread">The standard deviation of the natural logarithm; with 0.5 one time in twenty is above 2.3 medians. Range: zero to 5.</param>
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
    /// <param name="randomness">Yields numbers from 0 up to, not including, 1.</param>
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

    /// <summary>Box and Muller's transformation (1958).</summary>
    private static double Normal(Func<double> randomness) => Math.Sqrt(-2 * Math.Log(1 - randomness())) * Math.Cos(2 * Math.PI * randomness());
}

internal enum ChaosLatencyKind
{
    Fixed,
    Uniform,
    LogNormal,
}
