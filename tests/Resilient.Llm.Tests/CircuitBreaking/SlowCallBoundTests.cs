using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class SlowCallBoundTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly EndpointLatency _latency = new();

    [BothWays]
    public void Fixed_IsTheSameForBothKinds(bool isStreaming)
    {
        var bound = SlowCallBound.Fixed(_clock, TimeSpan.FromSeconds(3))!;

        Assert.Equal(_clock.ToTimestampUnits(TimeSpan.FromSeconds(3)), bound.For(isStreaming));
    }

    [Fact]
    public void Fixed_NullOrInfinite_IsNone()
    {
        Assert.Null(SlowCallBound.Fixed(_clock, null));
        Assert.Null(SlowCallBound.Fixed(_clock, Timeout.InfiniteTimeSpan));
    }

    [BothWays]
    public void Adaptive_FewerThanTwentyAnswersOfTheKind_IsNone(bool isStreaming)
    {
        var bound = Adaptive(TimeSpan.FromSeconds(0.5));
        Record(isStreaming, 1, 19);
        Record(!isStreaming, 1, 20);

        // Those who left are no answers: a model that always loses against its hedge has no usual time.
        Record(isStreaming, 0.7, 20, isLowerBound: true);
        Assert.Equal(long.MaxValue, bound.For(isStreaming));

        Record(isStreaming, 1, 10);

        Assert.Equal(Units(4), bound.For(isStreaming));
    }

    [Theory]
    [InlineData(false, 0.1, 2)]
    [InlineData(true, 0.1, 2)]
    [InlineData(false, 0.5, 2)]
    [InlineData(false, 9, 36)]
    [InlineData(true, 9, 36)]
    public void Adaptive_IsFourTimesTheUsualTimeAndFourTimesTheDelayAtLeast(bool isStreaming, double usual, double expected)
    {
        var bound = Adaptive(TimeSpan.FromSeconds(0.5));
        Record(isStreaming, usual, 20);
        Record(!isStreaming, 3, 20);

        Assert.Equal((Units(expected), Units(12)), (bound.For(isStreaming), bound.For(!isStreaming)));
    }

    [Theory]
    [InlineData(0.95, 19)]
    [InlineData(0.5, 10)]
    public void Adaptive_UsualIsThePercentileThatHedgingGoesBy(double percentile, int usual)
    {
        var bound = SlowCallBound.Adaptive(_clock, TimeSpan.FromSeconds(0.5), percentile, _latency);
        foreach (var seconds in Enumerable.Range(1, 20))
        {
            Record(false, seconds, 1);
        }

        Assert.Equal(Units(4 * usual), bound.For(false));
    }

    [Fact]
    public void Adaptive_LosersOfHedgesAtTheTop_DoNotRaiseIt()
    {
        var bound = Adaptive(TimeSpan.FromSeconds(0.5));
        Record(true, 1, 180);
        Record(true, 3, 20, isLowerBound: true);

        Assert.Equal(Units(4), bound.For(true));
    }

    [Fact]
    public void Adaptive_EnormousTimes_AreNoBound()
    {
        var bound = Adaptive(TimeSpan.MaxValue);
        Record(true, 1, 20);

        Assert.Equal(long.MaxValue, bound.For(true));
    }

    private SlowCallBound Adaptive(TimeSpan delay) => SlowCallBound.Adaptive(_clock, delay, 0.95, _latency);

    private long Units(double seconds) => _clock.ToTimestampUnits(TimeSpan.FromSeconds(seconds));

    private void Record(bool isStreaming, double seconds, int times, bool isLowerBound = false)
    {
        for (var i = 0; i < times; i++)
        {
            _latency.Record(isStreaming, TimeSpan.FromSeconds(seconds), isLowerBound);
        }
    }
}
