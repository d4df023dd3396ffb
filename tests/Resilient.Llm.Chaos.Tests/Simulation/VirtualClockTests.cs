namespace Resilient.Llm.Chaos.Tests;

public class VirtualClockTests
{
    private static readonly DateTimeOffset s_start = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private readonly VirtualClock _clock = new(s_start);
    private readonly List<string> _log = [];

    [Fact]
    public void RunToEnd_SeveralTimers_FireInOrderAtTheirTimes()
    {
        Timer("late", TimeSpan.FromHours(3));
        Timer("soon", TimeSpan.FromSeconds(1));
        Timer("first of two", TimeSpan.FromMinutes(1));
        Timer("second of two", TimeSpan.FromMinutes(1));

        _clock.RunToEnd();

        Assert.Equal(["12:00:01 soon", "12:01:00 first of two", "12:01:00 second of two", "15:00:00 late"], _log);
        Assert.Equal(s_start.AddHours(3), _clock.GetUtcNow());
        Assert.Equal(0, _clock.Pending);
    }

    [Fact]
    public void RunUntil_SomethingIsDueThen_FiresItAndNothingLater()
    {
        Timer("then", TimeSpan.FromSeconds(10));
        Timer("later", TimeSpan.FromSeconds(10) + TimeSpan.FromTicks(1));

        _clock.RunUntil(s_start.AddSeconds(10));

        Assert.Equal(["12:00:10 then"], _log);
        Assert.Equal(1, _clock.Pending);
    }

    [Fact]
    public void RunUntil_NothingIsDue_MovesTheClock()
    {
        _clock.RunUntil(s_start.AddDays(400));
        _clock.RunUntil(s_start);

        Assert.Equal(s_start.AddDays(400), _clock.Now);
    }

    [Fact]
    public void Run_CallbackAsksForMore_FiresThatToo()
    {
        Timer("one", TimeSpan.FromSeconds(1), () => Timer("two", TimeSpan.FromSeconds(1), () => Timer("at once", TimeSpan.Zero)));

        _clock.RunToEnd();

        Assert.Equal(["12:00:01 one", "12:00:02 two", "12:00:02 at once"], _log);
    }

    [Fact]
    public void Timer_IsPeriodic_FiresAgainUntilItIsDisposed()
    {
        var timer = Timer("tick", TimeSpan.FromSeconds(1), period: TimeSpan.FromSeconds(10));

        _clock.RunUntil(s_start.AddSeconds(25));
        timer.Dispose();
        _clock.RunToEnd();

        Assert.Equal(["12:00:01 tick", "12:00:11 tick", "12:00:21 tick"], _log);
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        Assert.Equal(0, _clock.Pending);
    }

    [Fact]
    public void Timer_IsTooLong_IsRefusedAsByRealOnes() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Timer("never", TimeSpan.FromDays(50)));

    [Fact]
    public void Run_UnderASynchronizationContext_FiresWithoutOneAndRestoresIt()
    {
        var context = new SynchronizationContext();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            SynchronizationContext? seen = context;
            Timer("look", TimeSpan.FromSeconds(1), () => seen = SynchronizationContext.Current);

            _clock.RunToEnd();

            Assert.Null(seen);
            Assert.Same(context, SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public void Run_AnotherThreadUsesTheClock_SaysThatVirtualTimeWasLeft()
    {
        Exception? there = null;
        var elsewhere = new Thread(() => there = Record.Exception(() => Timer("elsewhere", TimeSpan.Zero)));
        Timer("leave", TimeSpan.FromSeconds(1), () =>
        {
            elsewhere.Start();
            elsewhere.Join();
        });

        var here = Assert.Throws<InvalidOperationException>(_clock.RunToEnd);

        Assert.Contains("Virtual time was left", here.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(there);
    }

    [Fact]
    public async Task WaitAsync_TimePasses_GoesOnInPlace()
    {
        var thread = 0;
        var wait = WaitAsync();

        _clock.RunToEnd();

        Assert.True(wait.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        await wait;

        async Task WaitAsync()
        {
            await _clock.WaitAsync(TimeSpan.FromDays(80)).ConfigureAwait(false);
            thread = Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task WaitAsync_Cancelled_EndsAtOnceAndIsForgotten()
    {
        using var source = new CancellationTokenSource();
        var endless = _clock.WaitAsync(Timeout.InfiniteTimeSpan, source.Token).AsTask();
        var bounded = _clock.WaitAsync(TimeSpan.FromHours(1), source.Token).AsTask();

        source.Cancel();

        Assert.Equal(0, _clock.Pending);
        Assert.Equal(source.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless)).CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bounded);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _clock.WaitAsync(TimeSpan.Zero, source.Token));
    }

    [Fact]
    public void WaitAsync_NoTime_IsNoWait()
    {
        Assert.True(_clock.WaitAsync(TimeSpan.Zero).AsTask().IsCompletedSuccessfully);
        Assert.True(_clock.WaitAsync(TimeSpan.FromSeconds(-5)).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public void Queue_RandomChangesAndDisposals_FiresWhatANaiveListWould()
    {
        var random = new Random(7);
        var expected = new List<(long Due, int Order, int Timer)>();
        var fired = new List<int>();
        var timers = new ITimer[500];
        var order = 0;
        for (var step = 0; step < 20_000; step++)
        {
            var which = random.Next(timers.Length);
            expected.RemoveAll(entry => entry.Timer == which);
            if (random.Next(4) == 0)
            {
                timers[which]?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                continue;
            }

            // Few different times, so that many are due at once.
            var due = TimeSpan.FromMilliseconds(random.Next(1, 100));
            timers[which] ??= _clock.CreateTimer(which => fired.Add((int)which!), which, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            timers[which].Change(due, Timeout.InfiniteTimeSpan);
            expected.Add((_clock.GetTimestamp() + due.Ticks, order++, which));
            if (random.Next(50) == 0)
            {
                RunFor(random.Next(60));
            }
        }

        RunFor(1_000);
        Assert.Equal(0, _clock.Pending);

        void RunFor(int milliseconds)
        {
            fired.Clear();
            var until = _clock.Now.AddMilliseconds(milliseconds);
            _clock.RunUntil(until);
            int[] due = [.. expected.Where(entry => entry.Due <= until.UtcTicks).Order().Select(static entry => entry.Timer)];
            Assert.Equal(due, fired);
            expected.RemoveAll(entry => entry.Due <= until.UtcTicks);
        }
    }

    private ITimer Timer(string name, TimeSpan due, Action? then = null, TimeSpan? period = null) => _clock.CreateTimer(
        _ =>
        {
            _log.Add($"{_clock.Now:HH:mm:ss} {name}");
            then?.Invoke();
        },
        null,
        due,
        period ?? Timeout.InfiniteTimeSpan);
}
