using Resilient.Llm.Endpoints;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RetryBudgetTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void TryTake_QuietEndpoint_AllowsTheFloor()
    {
        var budget = new RetryBudget(_time);

        Assert.Equal(10, TakeAll(budget));
    }

    [Theory]
    [InlineData(50, 10)]
    [InlineData(100, 10)]
    [InlineData(1_000, 100)]
    [InlineData(1_239, 123)]
    public void TryTake_BusyEndpoint_AllowsTheRatioOrTheFloor(int calls, int expected)
    {
        var budget = new RetryBudget(_time);
        Record(budget, calls);

        Assert.Equal(expected, TakeAll(budget));
    }

    [Fact]
    public void TryTake_WindowPassed_ForgetsExtrasAndCalls()
    {
        var budget = new RetryBudget(_time);
        Record(budget, 1_000);
        Assert.Equal(100, TakeAll(budget));

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, TakeAll(budget));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, TakeAll(budget));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(2, 6)]
    [InlineData(4, 2)]
    [InlineData(5, 0)]
    [InlineData(10, 0)]
    public void TryTakeRetry_AfterHedges_LeavesRoomForAsManyMore(int hedges, int retries)
    {
        var budget = new RetryBudget(_time);
        Take(hedges, budget.TryTake);

        Assert.Equal(retries, Enumerable.Range(0, 20).Count(_ => budget.TryTakeRetry()));
        Assert.Equal(10 - hedges - retries, TakeAll(budget));
    }

    [Fact]
    public void TryTakeRetry_HedgesAreForgotten_MayTakeTheWholeBudget()
    {
        var budget = new RetryBudget(_time);
        Take(5, budget.TryTake);
        Assert.False(budget.TryTakeRetry());

        _time.Advance(TimeSpan.FromSeconds(11));

        Take(10, budget.TryTakeRetry);
        Assert.False(budget.TryTakeRetry());
    }

    [Fact]
    public void TryTake_ZeroRatioAndFloor_AllowsNothing()
    {
        var budget = new RetryBudget(_time, ratio: 0, floor: 0);
        Record(budget, 1_000);

        Assert.False(budget.TryTake());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TryTake_RandomTraffic_HoldsTheBoundInEveryWindowAndIsAtMostASlotTooStrict(int seed)
    {
        var random = new Random(seed);
        var budget = new RetryBudget(_time, ratio: 0.1, floor: 3);
        var calls = new List<TimeSpan>();
        var extras = new List<TimeSpan>();
        var now = TimeSpan.Zero;
        for (var i = 0; i < 20_000; i++)
        {
            var step = TimeSpan.FromMilliseconds(random.Next(random.Next(50) == 0 ? 4_000 : 60));
            _time.Advance(step);
            now += step;
            if (random.Next(3) > 0)
            {
                budget.RecordCall();
                calls.Add(now);
                continue;
            }

            var taken = budget.TryTake();
            var inWindow = Allowance(Since(calls, now, 10));
            Assert.True(!taken || Since(extras, now, 10) < inWindow, $"too many at {now}");
            Assert.True(taken || Since(extras, now, 11) >= Allowance(Since(calls, now, 9)), $"too strict at {now}");
            if (taken)
            {
                extras.Add(now);
            }
        }

        Assert.NotEmpty(extras);
        static int Allowance(int count) => Math.Max(3, count / 10);
    }

    [Fact]
    public void TryTake_ManyThreads_NeverExceedsTheBudget()
    {
        var budget = new RetryBudget(_time);
        var taken = 0;

        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                budget.RecordCall();
                if (budget.TryTake())
                {
                    Interlocked.Increment(ref taken);
                }
            }
        });

        // 8,000 calls were recorded: whatever the interleaving left over must still be there, and not one more.
        Assert.Equal(800, taken + TakeAll(budget));
    }

    [Fact]
    public void RecordCallAndTryTake_AllocateNothing()
    {
        var budget = new RetryBudget(_time);
        budget.RecordCall();
        budget.TryTake();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            budget.RecordCall();
            budget.TryTake();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int Since(List<TimeSpan> times, TimeSpan now, int seconds)
    {
        var count = 0;
        for (var i = times.Count - 1; i >= 0 && now - times[i] < TimeSpan.FromSeconds(seconds); i--)
        {
            count++;
        }

        return count;
    }

    private static void Record(RetryBudget budget, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            budget.RecordCall();
        }
    }

    private static int TakeAll(RetryBudget budget)
    {
        var taken = 0;
        while (budget.TryTake())
        {
            taken++;
        }

        return taken;
    }

    private static void Take(int times, Func<bool> take)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.True(take());
        }
    }
}
