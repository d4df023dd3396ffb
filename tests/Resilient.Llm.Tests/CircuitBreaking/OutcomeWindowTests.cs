using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed class OutcomeWindowTests
{
    private const long Duration = 10_000;

    [Theory]
    [InlineData(1)]
    [InlineData(-5_000_000)]
    public void Sum_AnyTimes_CoversTheWindowAndAtMostTwoPercentMore(long origin)
    {
        var random = new Random(7);
        var window = new OutcomeWindow(5, 0.5, Duration, origin);
        List<long> calls = [];
        var now = origin;
        for (var i = 0; i < 20_000; i++)
        {
            now += random.Next(0, random.Next(1, 3_000));
            window.AddCall(now);
            calls.Add(now);
            now += random.Next(0, 50);

            Assert.InRange(
                window.Sum(now).Calls,
                calls.Count(t => now - t <= Duration),
                calls.Count(t => now - t <= Duration + (Duration / 50)));
            calls.RemoveAll(t => now - t > 2 * Duration);
        }
    }

    [Fact]
    public void IsTripped_AnyTimes_IsExactToTheUnit()
    {
        var random = new Random(11);
        var window = new OutcomeWindow(5, 0, Duration, 0);
        List<long> failures = [];
        long now = 0;
        for (var i = 0; i < 20_000; i++)
        {
            // Steps that often add up to the window exactly.
            now += random.Next(0, 3) switch { 0 => 2_500, 1 => 2_499, _ => random.Next(0, 5_000) };
            window.AddFailure(now);
            failures.Add(now);

            Assert.Equal(failures.Count(t => now - t <= Duration) >= 5, window.IsTripped(now));
            failures.RemoveAll(t => now - t > 2 * Duration);
        }
    }

    [Fact]
    public void IsTripped_DurationShorterThanItsBuckets_StillCounts()
    {
        var window = new OutcomeWindow(2, 1, 3, 0);
        window.AddCall(10);
        window.AddFailure(10);
        window.AddCall(13);
        window.AddFailure(13);

        Assert.True(window.IsTripped(13));
        window.AddCall(17);
        window.AddFailure(17);
        Assert.False(window.IsTripped(17));
    }
}
