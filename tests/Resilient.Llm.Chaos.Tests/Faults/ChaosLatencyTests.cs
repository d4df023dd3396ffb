namespace Resilient.Llm.Chaos.Tests;

/// <summary>Against the closed forms, with bounds of five standard errors of the sample.</summary>
public sealed class ChaosLatencyTests
{
    private const int Draws = 100_000;

    [Fact]
    public void Fixed_IsAlwaysTheSameAndAsksNoChance() =>
        Assert.Equal(TimeSpan.FromSeconds(3), ChaosLatency.Fixed(TimeSpan.FromSeconds(3)).Draw(static () => throw new InvalidOperationException("It asked.")));

    [Fact]
    public void Uniform_ManyDraws_MeanAndSpreadOfTheUniformDistribution()
    {
        var (from, to) = (2.0, 6.0);
        var seconds = Sample(ChaosLatency.Uniform(TimeSpan.FromSeconds(from), TimeSpan.FromSeconds(to)));

        var deviation = (to - from) / Math.Sqrt(12);
        Close((from + to) / 2, seconds.Average(), 5 * deviation / Math.Sqrt(Draws));

        // The variance of a uniform sample's variance: (m4 - s^4) / n, with m4 = width^4 / 80.
        var error = Math.Sqrt(((Math.Pow(to - from, 4) / 80) - Math.Pow(deviation, 4)) / Draws);
        Close(deviation * deviation, Variance(seconds), 5 * error);
        Assert.All(seconds, s => Assert.InRange(s, from, to));
    }

    [Theory]
    [InlineData(0.25)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void LogNormal_ManyDraws_MedianMeanAndSpreadOfTheLogNormalDistribution(double spread)
    {
        const double Median = 2;
        var seconds = Sample(ChaosLatency.LogNormal(TimeSpan.FromSeconds(Median), spread));
        Array.Sort(seconds);

        // Median: standard error 1 / (2 f(m) sqrt n), with the density f(m) = 1 / (m spread sqrt(2 pi)).
        Close(Median, seconds[Draws / 2], 5 * Median * spread * Math.Sqrt(2 * Math.PI) / (2 * Math.Sqrt(Draws)));

        // Mean: m exp(s^2 / 2); variance of one draw: mean^2 (exp(s^2) - 1).
        var mean = Median * Math.Exp(spread * spread / 2);
        Close(mean, seconds.Average(), 5 * mean * Math.Sqrt((Math.Exp(spread * spread) - 1) / Draws));

        // The logarithms are normal: mean ln m, standard error of their variance s^2 sqrt(2 / n).
        var logs = seconds.Select(static s => Math.Log(s)).ToArray();
        Close(spread * spread, Variance(logs), 5 * spread * spread * Math.Sqrt(2.0 / Draws));
        Close(0.05, seconds.Count(s => s > Median * Math.Exp(1.6449 * spread)) / (double)Draws, 5 * Math.Sqrt(0.05 * 0.95 / Draws));
    }

    [Fact]
    public void LogNormal_WithoutSpread_IsItsMedian() => Assert.All(Sample(ChaosLatency.LogNormal(TimeSpan.FromSeconds(2), 0)), static s => Assert.Equal(2, s));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.9999999999999999)]
    public void LogNormal_ExtremeChance_StaysWithinADay(double draw) => Assert.InRange(
        ChaosLatency.LogNormal(TimeSpan.FromDays(10_000), 5).Draw(() => draw), TimeSpan.Zero, TimeSpan.FromDays(1));

    [Fact]
    public void Draw_SameSeed_SameTimes() => Assert.Equal(Sample(ChaosLatency.LogNormal(TimeSpan.FromSeconds(2), 0.5)), Sample(ChaosLatency.LogNormal(TimeSpan.FromSeconds(2), 0.5)));

    [Fact]
    public void Factories_OutOfRange_SayWhatIs()
    {
        Assert.Throws<ArgumentOutOfRangeException>("time", static () => ChaosLatency.Fixed(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("from", static () => ChaosLatency.Uniform(TimeSpan.FromTicks(-1), TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("to", static () => ChaosLatency.Uniform(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>("median", static () => ChaosLatency.LogNormal(TimeSpan.Zero, 1));
        Assert.Throws<ArgumentOutOfRangeException>("spread", static () => ChaosLatency.LogNormal(TimeSpan.FromSeconds(1), 5.1));
        Assert.Throws<ArgumentOutOfRangeException>("spread", static () => ChaosLatency.LogNormal(TimeSpan.FromSeconds(1), double.NaN));
    }

    private static double[] Sample(ChaosLatency latency)
    {
        var randomness = new Random(42);
        return [.. Enumerable.Range(0, Draws).Select(_ => latency.Draw(randomness.NextDouble).TotalSeconds)];
    }

    private static double Variance(double[] values)
    {
        var mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }

    private static void Close(double expected, double actual, double error) =>
        Assert.True(Math.Abs(expected - actual) <= error, FormattableString.Invariant($"{actual}, not {expected} ± {error}."));
}
