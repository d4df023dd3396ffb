using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Many threads at once, by the system's clock; nothing depends on how long anything takes.</summary>
public sealed class ContentionTests
{
    [Fact]
    public async Task Stop_WhileManyThreadsCall_NoCallThatBeginsAfterwardsIsHit()
    {
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        var (isOver, generation, late) = (false, 0, 0);
        Task[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    // Even: everything was stopped before we began, and is until the generation changes.
                    var before = Volatile.Read(ref generation);
                    var isHit = chaos.Inject(new(ExperimentLab.Sweden, null, null, false)) is not null;
                    if (before % 2 == 0 && isHit && Volatile.Read(ref generation) == before)
                    {
                        Interlocked.Increment(ref late);
                    }
                }
            },
            TaskCreationOptions.LongRunning))];

        for (var i = 0; i < 3_000; i++)
        {
            Interlocked.Increment(ref generation);
            chaos.Start(ExperimentLab.Refusing(), "alice");
            if (i % 3 == 0)
            {
                chaos.Kill("bob");
                chaos.Revive("bob");
            }
            else
            {
                chaos.Stop("refused", "bob");
            }

            Interlocked.Increment(ref generation);
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(callers);

        Assert.Equal(0, late);
    }

    [Fact]
    public async Task StartStopKill_FromManyThreads_EveryExperimentEndsOnceAndNothingIsLeft()
    {
        var clock = new ManualTimeProvider();
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" }, clock);
        var (started, ended) = (0, 0);
        chaos.Logged += entry =>
        {
            if (entry.Action == ChaosLogAction.Started)
            {
                Interlocked.Increment(ref started);
            }
            else if (entry is { Action: ChaosLogAction.Stopped or ChaosLogAction.Killed, Experiment: not null })
            {
                Interlocked.Increment(ref ended);
            }
        };

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 500; i++)
                {
                    try
                    {
                        // Names are shared between threads: some starts are refused.
                        var run = chaos.Start(ExperimentLab.Hanging($"e{(thread + i) % 3}") with { Guard = new() { MinSuccessRate = 0.5 } }, "alice");
                        chaos.Inject(new(ExperimentLab.Sweden, null, null, false));
                        if (i % 5 != 0)
                        {
                            run.Dispose();
                        }
                    }
                    catch (InvalidOperationException)
                    {
                        chaos.Stop($"e{i % 3}", "bob");
                    }

                    if (i % 50 == 0)
                    {
                        chaos.Kill("bob");
                        chaos.Revive("bob");
                    }
                }
            },
            TaskCreationOptions.LongRunning)));
        chaos.Kill("bob");

        Assert.True(started > 0);
        Assert.Equal(started, ended);
        Assert.Empty(chaos.Running);
        Assert.Equal(0, clock.ArmedTimers);
    }
}
