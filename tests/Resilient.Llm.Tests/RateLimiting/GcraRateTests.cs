using Resilient.Llm.RateLimiting;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class GcraRateTests
{
    private readonly ManualTimeProvider _time = new();

    /// <summary>The reference is a token bucket that is refilled step by step.</summary>
    [Theory]
    [InlineData(1, 60, 60)]
    [InlineData(2, 7, 60)]
    [InlineData(3, 600, 5)]
    [InlineData(4, 90_000, 10)]
    public void GcraRate_RandomTraffic_BehavesLikeATokenBucket(int seed, int perMinute, int burstSeconds)
    {
        var random = new Random(seed);
        var rate = GcraRate.Create(perMinute, TimeSpan.FromSeconds(burstSeconds), _time);
        var capacity = Math.Max(1, perMinute * burstSeconds / 60.0);
        var level = capacity;
        var admitted = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var step = TimeSpan.FromSeconds(random.NextDouble() * 90 / perMinute);
            _time.Advance(step);
            level = Math.Min(capacity, level + (step.TotalMinutes * perMinute));
            var units = random.Next(1, (int)capacity + 1);
            var wait = rate.WaitFor(units, 0, _time.GetTimestamp());

            // Near the boundary rounding decides; elsewhere both must agree.
            Assert.True(Math.Abs(level - units) < 0.01 || wait <= 0 == level >= units, $"level {level}, units {units}, wait {wait}");
            if (wait <= 0)
            {
                rate.Take(units, _time.GetTimestamp());
                level -= units;
                admitted++;
            }
        }

        Assert.NotEqual(0, admitted);
    }

    [Fact]
    public void GcraRate_NoLimit_NeverWaits()
    {
        var rate = GcraRate.Create(null, TimeSpan.FromMinutes(1), _time);
        for (var i = 0; i < 1_000; i++)
        {
            rate.Take(int.MaxValue, _time.GetTimestamp());
        }

        Assert.True(rate.WaitFor(int.MaxValue, int.MaxValue, _time.GetTimestamp()) <= 0);
    }

    [Fact]
    public void GcraRate_AbsurdEstimates_DoNotOverflow()
    {
        var rate = GcraRate.Create(1, TimeSpan.FromSeconds(1), _time);
        rate.Take(long.MaxValue, _time.GetTimestamp());

        Assert.True(rate.WaitFor(1, long.MaxValue, _time.GetTimestamp()) > 0);
        rate.Correct(long.MaxValue, 0);
        Assert.True(rate.WaitFor(1, 0, _time.GetTimestamp()) <= 0);
    }
}
