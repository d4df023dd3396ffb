using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Tests;

public sealed class EndpointLatencyTests
{
    private readonly EndpointLatency _latency = new();

    [Fact]
    public void Percentile_FewerThanTwentyTimes_IsUnknown()
    {
        Record(1, 19);
        Assert.Null(_latency.Percentile(false, 0.95));

        Record(1, 1);

        Assert.Equal(TimeSpan.FromMilliseconds(1), _latency.Percentile(false, 0.95));
        Assert.Null(_latency.Percentile(true, 0.95));
    }

    [Theory]
    [InlineData(20, 0.5, 10)]
    [InlineData(20, 0.95, 19)]
    [InlineData(20, 0.951, 20)]
    [InlineData(100, 0.95, 95)]
    [InlineData(100, 0.999, 100)]
    [InlineData(200, 0.5, 100)]
    [InlineData(200, 0.95, 190)]
    [InlineData(150, 1, 150)]
    public void Percentile_OfCertainTimes_IsTheNearestRank(int count, double percentile, int expected)
    {
        foreach (var milliseconds in Enumerable.Range(1, count).OrderBy(static i => (i * 7919) % 211))
        {
            Record(milliseconds, 1);
        }

        Assert.Equal(TimeSpan.FromMilliseconds(expected), _latency.Percentile(false, percentile));
    }

    [Fact]
    public void Percentile_MoreThanTwoHundredTimes_ForgetsTheOldest()
    {
        Record(1_000, 200);
        Record(1, 200);

        Assert.Equal(TimeSpan.FromMilliseconds(1), _latency.Percentile(false, 1));
    }

    [Fact]
    public void Percentile_FewNewTimes_IsThatOfBefore()
    {
        Record(1, 20);
        Assert.Equal(1, _latency.Percentile(false, 1)!.Value.TotalMilliseconds);
        Record(2, 9);
        Assert.Equal(1, _latency.Percentile(false, 1)!.Value.TotalMilliseconds);

        Record(2, 1);

        Assert.Equal(2, _latency.Percentile(false, 1)!.Value.TotalMilliseconds);
        Assert.Equal(1, _latency.Percentile(false, 0.5)!.Value.TotalMilliseconds);
    }

    [Fact]
    public void Percentile_SlowCallsGivenUp_AreNotForgotten()
    {
        Record(100, 80);
        Record(800, 20, isLowerBound: true);

        Assert.Equal(800, _latency.Percentile(false, 0.95)!.Value.TotalMilliseconds);
        Assert.Equal(100, _latency.Percentile(false, 0.8)!.Value.TotalMilliseconds);
    }

    [Fact]
    public void Percentile_CallersWhoLeftAtOnce_DoNotMakeTheEndpointFast()
    {
        Record(10, 80, isLowerBound: true);
        Record(100, 18);
        Record(900, 2);

        Assert.Equal(100, _latency.Percentile(false, 0.5)!.Value.TotalMilliseconds);
        Assert.Equal(900, _latency.Percentile(false, 0.95)!.Value.TotalMilliseconds);
    }

    [Fact]
    public void Percentile_NothingButCallsGivenUp_IsTheLongestWait()
    {
        Record(10, 20, isLowerBound: true);
        Record(40, 1, isLowerBound: true);

        Assert.Equal(40, _latency.Percentile(false, 0.5)!.Value.TotalMilliseconds);
    }

    [Fact]
    public void Times_FromManyThreads_StayWithinWhatWasRecorded()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                _latency.Record(i % 2 == 0, TimeSpan.FromMilliseconds(1 + (i % 100)), isLowerBound: thread == 0);
                Assert.InRange(_latency.Percentile(i % 2 == 0, 0.95)?.TotalMilliseconds ?? 1, 1, 100);
            }
        });
    }

    private void Record(int milliseconds, int times, bool isLowerBound = false)
    {
        for (var i = 0; i < times; i++)
        {
            _latency.Record(false, TimeSpan.FromMilliseconds(milliseconds), isLowerBound);
        }
    }
}
