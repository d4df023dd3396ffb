namespace Resilient.Llm.Chaos.Tests;

/// <summary>Subscribers that call back into the controller that tells them, and ends that come at the same time.</summary>
public sealed class ReentryTests : IDisposable
{
    private readonly ExperimentLab _lab = new();

    [Fact]
    public void Stop_WhileItsStartIsTold_EndsIt()
    {
        _lab.Chaos.Logged += entry =>
        {
            if (entry.Action == ChaosLogAction.Started)
            {
                _lab.Chaos.Stop(entry.Experiment!, "subscriber");
            }
        };

        var run = _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MinSuccessRate = 0.5 } }, "alice");

        Assert.False(run.IsRunning);
        Assert.False(_lab.Hits());
        Assert.Equal([ChaosLogAction.Started, ChaosLogAction.Stopped], _lab.Actions);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public void Start_WhileAnEndIsTold_Runs()
    {
        _lab.Chaos.Logged += entry =>
        {
            if (entry.Action == ChaosLogAction.Expired)
            {
                _lab.Chaos.Start(ExperimentLab.Hanging("second"), "subscriber");
            }
        };
        _lab.Chaos.Start(ExperimentLab.Hanging("first") with { Duration = TimeSpan.FromSeconds(1) }, "alice");

        _lab.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["second"], _lab.Chaos.Running.Select(static run => run.Experiment.Name));
    }

    [Fact]
    public void Start_WhileAKillIsTold_IsRefused()
    {
        Exception? refusal = null;
        _lab.Chaos.Logged += entry =>
        {
            if (entry is { Action: ChaosLogAction.Killed, Experiment: not null })
            {
                refusal = Record.Exception(() => _lab.Chaos.Start(ExperimentLab.Hanging("second"), "subscriber"));
            }
        };
        _lab.Chaos.Start(ExperimentLab.Hanging("first"), "alice");

        _lab.Chaos.Kill("bob");

        Assert.IsType<InvalidOperationException>(refusal);
        Assert.Empty(_lab.Chaos.Running);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public void Dispose_WhileAStartIsTold_NothingRunsOn()
    {
        _lab.Chaos.Logged += _ => _lab.Chaos.Dispose();

        var run = _lab.Chaos.Start(ExperimentLab.Hanging() with { Guard = new() { MaxP99 = TimeSpan.FromSeconds(1) } }, "alice");

        Assert.False(run.IsRunning);
        Assert.Equal([ChaosLogAction.Started, ChaosLogAction.Stopped], _lab.Actions);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.Throws<ObjectDisposedException>(() => _lab.Chaos.Start(ExperimentLab.Hanging("late"), "alice"));
    }

    /// <summary>What waited goes on in place, and stops the other experiment on its way: nobody waits for anybody.</summary>
    [Fact]
    public async Task Stop_WhatGoesOnInPlaceStopsAnother_BothEndOnce()
    {
        _lab.Chaos.Start(ExperimentLab.Hanging("one") with { Target = new() { Dependencies = ["db"] } }, "alice");
        _lab.Chaos.Start(ExperimentLab.Hanging("two"), "alice");
        var waiting = PassThenStopAsync();

        ExperimentLab.InPlace(() => Assert.True(_lab.Chaos.Stop("one", "bob")));

        Assert.True(await waiting);
        Assert.Equal([ChaosLogAction.Started, ChaosLogAction.Started, ChaosLogAction.Stopped, ChaosLogAction.Stopped], _lab.Actions);

        async Task<bool> PassThenStopAsync()
        {
            await _lab.Chaos.PassAsync("db").ConfigureAwait(false);
            return _lab.Chaos.Stop("two", "waiter");
        }
    }

    /// <summary>Time, guard, two people and a disposal at once, by many threads: one end for each start.</summary>
    [Fact]
    public async Task Ends_AllAtTheSameTime_OneOfThemIsNoted()
    {
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        for (var i = 0; i < 200; i++)
        {
            var run = chaos.Start(
                ExperimentLab.Hanging() with
                {
                    Duration = TimeSpan.FromMilliseconds(1),
                    Guard = new() { MinSuccessRate = 1, MinRequests = 1 },
                },
                "alice");
            var waiting = chaos.Inject(new(ExperimentLab.Sweden, null, null, false))?.WaitAsync(Timeout.InfiniteTimeSpan, TimeProvider.System, default).AsTask();
            var failed = new ChatCompletedEvent(new() { Attempts = [] }, FailureKind.ServerError, IsStreaming: false);
            Action[] ends = [() => chaos.Traffic.OnCompleted(failed), run.Dispose, () => chaos.Stop("hang", "bob"), () => chaos.Kill("carol"), () => _ = chaos.Running];
            using var start = new Barrier(ends.Length);
            await Task.WhenAll(ends.Select(end => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    end();
                },
                TaskCreationOptions.LongRunning)));

            Assert.False(run.IsRunning);
            Assert.False(waiting is not null && await waiting);
            Assert.NotNull(run.EndedBy);
            chaos.Revive("carol");
        }

        var entries = chaos.Log.Where(static entry => entry.Experiment is not null).Select(static entry => entry.Action == ChaosLogAction.Started).ToArray();
        Assert.All(entries.Chunk(2).Where(static pair => pair.Length == 2), pair => Assert.NotEqual(pair[0], pair[1]));
    }

    public void Dispose() => _lab.Dispose();
}
