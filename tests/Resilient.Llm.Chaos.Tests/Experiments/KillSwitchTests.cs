using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>The kill switch, and what becomes of calls that wait for an experiment when it ends.</summary>
public sealed class KillSwitchTests : IDisposable
{
    private readonly ExperimentLab _lab = new();

    public enum Ending
    {
        Stop,
        Kill,
        Expire,
        Dispose,
        DisposeController,
    }

    public static TheoryData<ChaosFaultKind, Ending, bool> Ends
    {
        get
        {
            var data = new TheoryData<ChaosFaultKind, Ending, bool>();
            foreach (var kind in (ChaosFaultKind[])[ChaosFaultKind.Hang, ChaosFaultKind.DeafHang, ChaosFaultKind.Latency, ChaosFaultKind.StalledStream])
            {
                foreach (var end in Enum.GetValues<Ending>())
                {
                    data.Add(kind, end, false);
                    data.Add(kind, end, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task End_WhileCallsWait_TheyGoOnAtOnceAsIfNothingHadBeen(ChaosFaultKind kind, Ending end, bool streaming)
    {
        using var ladder = _lab.Ladder();
        var run = _lab.Chaos.Start(
            new() { Name = "wait", Fault = new(kind) { Latency = kind == ChaosFaultKind.Latency ? ChaosLatency.Fixed(TimeSpan.FromMinutes(30)) : null }, Duration = TimeSpan.FromSeconds(20) },
            "alice");
        Task<ChatResponse>[] requests = [.. Enumerable.Range(0, 5).Select(_ => ladder.AskAsync(streaming))];
        _lab.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.All(requests, static request => Assert.False(request.IsCompleted));

        ExperimentLab.InPlace(end switch
        {
            Ending.Stop => () => Assert.True(_lab.Chaos.Stop("wait", "bob")),
            Ending.Kill => () => Assert.Equal(1, _lab.Chaos.Kill("bob")),
            Ending.Expire => () => _lab.Clock.Advance(TimeSpan.FromSeconds(10)),
            Ending.Dispose => run.Dispose,
            _ => _lab.Chaos.Dispose,
        });

        Assert.All(requests, static request => Assert.True(request.IsCompleted));
        Assert.All(await Task.WhenAll(requests), static answer => Assert.Equal("One two.", answer.Text));
        Assert.Equal((5, 0, 0), (_lab.Provider.CallCount, _lab.Provider.OpenEnumerators, _lab.Clock.ArmedTimers));
    }

    [Fact]
    public void Kill_SeveralRun_StopsAllAndRefusesUntilRevived()
    {
        _lab.Chaos.Start(ExperimentLab.Refusing("one") with { Guard = new() { MinSuccessRate = 0.9 } }, "alice");
        _lab.Chaos.Start(ExperimentLab.Refusing("two"), "alice");

        Assert.Equal(2, _lab.Chaos.Kill("bob", "customers call"));

        Assert.True(_lab.Chaos.IsKilled);
        Assert.False(_lab.Hits());
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.Contains("kill switch", Assert.Throws<InvalidOperationException>(() => _lab.Chaos.Start(ExperimentLab.Refusing(), "alice")).Message, StringComparison.Ordinal);
        Assert.Equal(0, _lab.Chaos.Kill("carol"));

        _lab.Chaos.Revive("bob");
        _lab.Chaos.Revive("bob");

        Assert.False(_lab.Chaos.IsKilled);
        Assert.Empty(_lab.Chaos.Running);
        Assert.True(_lab.Chaos.Start(ExperimentLab.Refusing(), "alice").IsRunning);
        Assert.Equal(
            [
                (ChaosLogAction.Started, "one", "alice"), (ChaosLogAction.Started, "two", "alice"),
                (ChaosLogAction.Killed, null, "bob"), (ChaosLogAction.Killed, "one", "bob"), (ChaosLogAction.Killed, "two", "bob"),
                (ChaosLogAction.Refused, "refused", "alice"), (ChaosLogAction.Killed, null, "carol"), (ChaosLogAction.Revived, null, "bob"), (ChaosLogAction.Started, "refused", "alice"),
            ],
            _lab.Chaos.Log.Select(static entry => (entry.Action, entry.Experiment, entry.By)));
    }

    [Fact]
    public async Task Pass_ADependencyHangs_GoesOnWhenItEndsAndOnlyThatOneWaits()
    {
        _lab.Chaos.Start(ExperimentLab.Hanging() with { Target = new() { Dependencies = ["db"] } }, "alice");
        Assert.True(_lab.Chaos.PassAsync("cache").AsTask().IsCompletedSuccessfully);
        var waiting = _lab.Chaos.PassAsync("db").AsTask();
        Assert.False(waiting.IsCompleted);

        ExperimentLab.InPlace(() => _lab.Chaos.Kill("bob"));

        Assert.True(waiting.IsCompletedSuccessfully);
        await waiting;
        Assert.True(_lab.Chaos.PassAsync("db").AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public void Kill_WhatWaitedThrowsInPlace_TheOthersAreLetGoAllTheSame()
    {
        var released = 0;
        using var first = _lab.Chaos.Start(ExperimentLab.Hanging("one"), "alice").Ended.Register(static () => throw new InvalidOperationException("hostile"));
        using var second = _lab.Chaos.Start(ExperimentLab.Hanging("two"), "alice").Ended.Register(() => released++);

        Assert.Equal(2, _lab.Chaos.Kill("bob"));

        Assert.Equal(1, released);
    }

    public void Dispose() => _lab.Dispose();
}
