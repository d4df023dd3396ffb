namespace Resilient.Llm.Chaos.Tests;

/// <summary>Starting, hitting, stopping, expiring.</summary>
public sealed class ControllerTests : IDisposable
{
    private readonly ExperimentLab _lab = new();

    /// <summary>The calls that an experiment leaves alone are most of them.</summary>
    [Fact]
    public void Inject_CallThatNoExperimentHits_AllocatesNothing()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Target = new() { Dependencies = ["db"] } }, "alice");
        Assert.False(_lab.Hits());
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
        {
            _lab.Hits();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Start_WhileItRuns_HitsUntilItIsStopped()
    {
        Assert.False(_lab.Hits());
        var run = _lab.Chaos.Start(ExperimentLab.Refusing(), "alice");

        Assert.True(_lab.Hits());
        Assert.True(run.IsRunning);
        Assert.Equal(1, run.Injected);
        Assert.Equal([run], _lab.Chaos.Running);
        Assert.Equal(run.StartedAt + TimeSpan.FromMinutes(5), run.EndsAt);

        Assert.True(_lab.Chaos.Stop("refused", "bob", "enough"));

        Assert.False(_lab.Hits());
        Assert.False(run.IsRunning);
        Assert.True(run.Ended.IsCancellationRequested);
        Assert.Empty(_lab.Chaos.Running);
        Assert.False(_lab.Chaos.Stop("refused", "bob"));
        Assert.Equal(
            [new(_lab.Clock.GetUtcNow(), ChaosLogAction.Started, "refused", "alice", null), new(_lab.Clock.GetUtcNow(), ChaosLogAction.Stopped, "refused", "bob", "enough")],
            _lab.Chaos.Log);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public void Run_Disposed_Stops()
    {
        using (_lab.Chaos.Start(ExperimentLab.Refusing(), "alice"))
        {
            Assert.True(_lab.Hits());
        }

        Assert.False(_lab.Hits());
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public void Run_ItsTimeIsOver_IsGoneAndItsNameIsFree()
    {
        var run = _lab.Chaos.Start(ExperimentLab.Refusing() with { Duration = TimeSpan.FromSeconds(10) }, "alice");
        _lab.Clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.True(_lab.Hits());

        _lab.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(_lab.Hits());
        Assert.True(run.Ended.IsCancellationRequested);
        Assert.Equal([ChaosLogAction.Started, ChaosLogAction.Expired], _lab.Actions);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        using var again = _lab.Chaos.Start(ExperimentLab.Refusing(), "alice");
        Assert.True(_lab.Hits());
    }

    [Fact]
    public void Run_ItsTimerIsLate_HitsNothingAnyMore()
    {
        // A clock whose timers never fire.
        var clock = new TimerlessClock();
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" }, clock);
        var run = chaos.Start(ExperimentLab.Refusing() with { Duration = TimeSpan.FromSeconds(10) }, "alice");
        clock.Now += TimeSpan.FromSeconds(10).Ticks;

        Assert.Null(chaos.Inject(new(ExperimentLab.Sweden, null, null, false)));
        Assert.True(run.Ended.IsCancellationRequested);
        Assert.Equal(ChaosLogAction.Expired, chaos.Log[^1].Action);
        Assert.True(chaos.Start(ExperimentLab.Refusing(), "alice").IsRunning);
    }

    [Fact]
    public void Start_SameNameRuns_IsRefusedAndNoted()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing(), "alice");

        var exception = Assert.Throws<InvalidOperationException>(() => _lab.Chaos.Start(ExperimentLab.Hanging("refused"), "bob"));

        Assert.Contains("'refused' runs already", exception.Message, StringComparison.Ordinal);
        Assert.Equal(new(_lab.Clock.GetUtcNow(), ChaosLogAction.Refused, "refused", "bob", exception.Message), _lab.Chaos.Log[^1]);
    }

    [Fact]
    public void Start_ChaosIsOff_IsRefused()
    {
        using var chaos = new ChaosController(new(), _lab.Clock);

        var exception = Assert.Throws<InvalidOperationException>(() => chaos.Start(ExperimentLab.Refusing(), "alice"));

        Assert.Contains("Enabled to true", exception.Message, StringComparison.Ordinal);
        Assert.False(chaos.IsEnabled);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public void Rate_DrawnAtEachCall_HitsThatPart()
    {
        var random = new Random(1);
        _lab.Draw = random.NextDouble;
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Rate = 0.3 }, "alice");

        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => _lab.Hits()), 2_850, 3_150);
    }

    [Fact]
    public void Chance_NothingLeftToIt_IsNotAsked()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Target = new() { Models = ["large"], Tenants = ["acme"], Share = 0.999999 } }, "alice");
        _lab.Chaos.Start(ExperimentLab.Refusing("elsewhere") with { Rate = 0.5, Target = new() { Models = ["small"] } }, "alice");

        Assert.True(_lab.Hits(tenant: "acme"));
        Assert.False(_lab.Hits(tenant: "other"));
        Assert.Equal(0, _lab.Draws);
    }

    [Fact]
    public void Experiments_TwoOnOneCall_TheFirstThatHitsIsTheOnlyOne()
    {
        var first = _lab.Chaos.Start(ExperimentLab.Refusing("first") with { Rate = 0.5 }, "alice");
        var second = _lab.Chaos.Start(ExperimentLab.Refusing("second"), "alice");
        _lab.Draw = static () => 0.4;
        Assert.True(_lab.Hits());
        _lab.Draw = static () => 0.6;
        Assert.True(_lab.Hits());

        Assert.Equal((1, 1), (first.Injected, second.Injected));
    }

    [Fact]
    public void Log_Long_KeepsTheLastThousand()
    {
        for (var i = 0; i < 600; i++)
        {
            _lab.Chaos.Start(ExperimentLab.Refusing($"number {i}"), "alice").Dispose();
        }

        Assert.Equal(1_000, _lab.Chaos.Log.Count);
        Assert.Equal("number 100", _lab.Chaos.Log[0].Experiment);
        Assert.Equal("number 599", _lab.Chaos.Log[^1].Experiment);
    }

    [Fact]
    public void Logged_SubscriberThrows_TheOthersAreToldAndTheExperimentEnds()
    {
        var told = new List<ChaosLogAction>();
        _lab.Chaos.Logged += static _ => throw new InvalidOperationException("broken");
        _lab.Chaos.Logged += entry => told.Add(entry.Action);

        _lab.Chaos.Start(ExperimentLab.Refusing(), "alice").Dispose();

        Assert.Equal([ChaosLogAction.Started, ChaosLogAction.Stopped], told);
        Assert.False(_lab.Hits());
    }

    [Fact]
    public void Dispose_WhileExperimentsRun_StopsThemForGood()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing() with { Guard = new() { MinSuccessRate = 0.9 } }, "alice");

        _lab.Chaos.Dispose();

        Assert.False(_lab.Hits());
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.Throws<ObjectDisposedException>(() => _lab.Chaos.Start(ExperimentLab.Refusing(), "alice"));
    }

    public void Dispose() => _lab.Dispose();

    private sealed class TimerlessClock : TimeProvider
    {
        public long Now { get; set; } = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
