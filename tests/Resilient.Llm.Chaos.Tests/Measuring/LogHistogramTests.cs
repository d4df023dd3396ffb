namespace Resilient.Llm.Chaos.Tests;

public class LogHistogramTests
{
    private static readonly double[] s_parts = [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1];

    [Fact]
    public void Percentile_TimesOverTwelveOrdersOfMagnitude_IsOffByLessThanHalfAPercent()
    {
        var random = new SeededRandom(3);
        TimeSpan[] times = [.. Enumerable.Range(0, 50_000).Select(_ => TimeSpan.FromTicks((long)Math.Pow(10, random.NextDouble() * 12)))];
        var histogram = Of(times);
        Array.Sort(times);

        foreach (var part in s_parts)
        {
            var exact = times[(int)Math.Ceiling(part * times.Length) - 1].Ticks;
            var error = Math.Abs(histogram.Percentile(part)!.Value.Ticks - exact) / (double)exact;
            Assert.True(error <= 0.004, $"p{part}: {error:P3} off");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    public void Percentile_VeryShortTimes_IsExact(long ticks) =>
        Assert.Equal(ticks, Of(TimeSpan.FromTicks(ticks)).Percentile(0.5)!.Value.Ticks);

    [Fact]
    public void Percentile_LongestTimeThereIs_IsCounted()
    {
        var longest = Of(TimeSpan.MaxValue - TimeSpan.FromDays(1)).Percentile(1)!.Value;

        Assert.Equal(1, longest / TimeSpan.MaxValue, 0.005);
    }

    [Fact]
    public void Percentile_SomethingNeverCame_CountsAsLongerThanEverything()
    {
        var histogram = Of([.. Enumerable.Repeat(TimeSpan.FromTicks(100), 98)]);
        histogram.AddNever();
        histogram.AddNever();

        Assert.Equal(100, histogram.Percentile(0.98)!.Value.Ticks);
        Assert.Equal(TimeSpan.MaxValue, histogram.Percentile(0.99));
    }

    [Fact]
    public void Percentile_Nothing_IsNull()
    {
        Assert.Null(new LogHistogram().Percentile(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LogHistogram().Percentile(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LogHistogram().Percentile(99));
    }

    [Fact]
    public void Add_PartsInAnyOrder_IsTheWhole()
    {
        var random = new SeededRandom(4);
        LogHistogram[] parts = [.. Enumerable.Range(0, 6).Select(_ => Of([.. Enumerable.Range(0, 500).Select(_ => TimeSpan.FromSeconds(random.NextExponential(10)))]))];
        parts[2].AddNever();

        var (forward, backward) = (new LogHistogram(), new LogHistogram());
        Array.ForEach(parts, part => forward.Add(part));
        Array.ForEach([.. parts.Reverse()], part => backward.Add(part));

        Assert.Equal(3_001, forward.Count);
        Assert.Equal(s_parts.Select(part => forward.Percentile(part)), s_parts.Select(part => backward.Percentile(part)));
    }

    [Fact]
    public void Add_WithWeight_CountsThatOften()
    {
        var histogram = Of(TimeSpan.FromTicks(10));
        histogram.Add(Of(TimeSpan.FromTicks(200)), weight: 3);

        Assert.Equal(4, histogram.Count);
        Assert.Equal(10, histogram.Percentile(0.25)!.Value.Ticks);
        Assert.Equal(200, histogram.Percentile(0.26)!.Value.Ticks);
        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Add(histogram, -1));
    }

    private static LogHistogram Of(params TimeSpan[] times)
    {
        var histogram = new LogHistogram();
        Array.ForEach(times, histogram.Add);
        return histogram;
    }
}
