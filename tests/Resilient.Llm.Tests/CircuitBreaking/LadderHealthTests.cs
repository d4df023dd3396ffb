using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderHealthTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Outage_OpensTheCircuitAndIsSkippedUntilAProbeSucceeds(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = _lab.Models();
        for (var i = 0; i < 5; i++)
        {
            await ladder.AskAsync(streaming);
        }

        var skipped = (await ladder.AskAsync(streaming)).GetResilienceReport()!;
        Assert.Equal(5, _lab.Primary.CallCount);
        Assert.Equal(("circuit open", FailureKind.CircuitOpen), (skipped.Attempts[0].SkipReason, skipped.Attempts[0].Failure!.Value));
        _lab.Primary.Always(Scripted.Answer("back"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal("back", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
    }

    [BothWays]
    public async Task HalfOpen_AThousandCallersRace_OneProbesAndNobodyPaysAnException(bool streaming)
    {
        var (ladder, release) = await HalfOpenAsync(streaming);
        var refusals = 0;

        // The event is the process's: other tests, which run meanwhile, are told apart by the context that they flow in.
        var isOurs = new AsyncLocal<bool> { Value = true };
        EventHandler<System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs> count = (_, e) =>
        {
            if (e.Exception is BrokenCircuitException && isOurs.Value)
            {
                Interlocked.Increment(ref refusals);
            }
        };

        AppDomain.CurrentDomain.FirstChanceException += count;
        ChatResponse[] answers;
        try
        {
            using var gun = new ManualResetEventSlim();
            var callers = Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    gun.Wait();
                    return Task.WhenAll(Enumerable.Range(0, 125).Select(_ => ladder.AskAsync(streaming)));
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()).ToArray();
            gun.Set();
            while (_lab.Cheaper.CallCount < 999 + 5)
            {
                Thread.Yield();
            }

            release.SetResult();
            answers = [.. (await Task.WhenAll(callers)).SelectMany(static a => a)];
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= count;
        }

        Assert.Equal(6, _lab.Primary.CallCount);
        Assert.Equal(1, answers.Count(static a => a.Text == "back"));
        Assert.Equal(999, answers.Count(static a => a.Text == "from cheaper"));
        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
        Assert.Equal(0, refusals);
    }

    [BothWays]
    public async Task HalfOpen_TheProbeHangs_ItsTimeoutOpensTheCircuitAgain(bool streaming)
    {
        var (ladder, _) = await HalfOpenAsync(streaming);

        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);

        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
    }

    [BothWays]
    public async Task HalfOpen_TheProbeIsCancelled_ThePermitIsFreeAgain(bool streaming)
    {
        using var caller = new CancellationTokenSource();
        var (ladder, _) = await HalfOpenAsync(streaming);
        var probing = ladder.AskAsync(streaming, cancellationToken: caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probing);
        _lab.Primary.Always(Scripted.Answer("back"));

        Assert.Equal("back", (await ladder.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task HalfOpen_TheLimiterRefuses_TheNextCallProbes(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static m => m.WithRateLimit(static r => r.RequestsPerMinute = 1).WithCircuitBreaker(1, TimeSpan.FromSeconds(10)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();
        await ladder.AskAsync(streaming);
        _lab.Primary.Always(Scripted.Answer("back"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));

        var report = (await _lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(("cheaper", FailureKind.Rejected), (report.ServedBy, report.Attempts[0].Failure!.Value));
        Assert.Equal(1, _lab.Primary.CallCount);
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("back", (await ladder.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task HalfOpen_TheReservedPermitIsNotUsed_IsReturned(bool streaming)
    {
        var isBroken = false;
        _lab.FailPrimary();
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, m => m.WithCircuitBreaker(1, TimeSpan.FromSeconds(10)).ConfigureOptions(o => o.Seed = isBroken ? throw new FormatException() : 1))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();
        await ladder.AskAsync(streaming);
        _lab.Primary.Always(Scripted.Answer("back"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));

        isBroken = true;
        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        isBroken = false;

        Assert.Equal("back", (await ladder.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task InvalidRequests_OfTheCaller_HarmNoCircuit(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(400));
        var ladder = _lab.Models();
        for (var i = 0; i < 50; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming));
        }

        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
    }

    private async Task<(IChatClient Ladder, TaskCompletionSource Release)> HalfOpenAsync(bool streaming)
    {
        _lab.FailPrimary();
        var ladder = _lab.Models();
        for (var i = 0; i < 5; i++)
        {
            await ladder.AskAsync(streaming);
        }

        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _lab.Primary.Always(Scripted.HangUntil(release.Task, "back"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(CircuitState.HalfOpen, ladder.Circuit("primary").State);
        return (ladder, release);
    }
}
