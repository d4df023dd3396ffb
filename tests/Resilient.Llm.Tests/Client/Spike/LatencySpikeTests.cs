using Polly.CircuitBreaker;
using Xunit.Abstractions;

namespace Resilient.Llm.Tests;

/// <summary>What hedging and the slow-call trip are for, in figures: the primary takes ten seconds to first content for five minutes, at twenty calls a second.</summary>
public sealed class LatencySpikeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _tenSeconds = TimeSpan.FromSeconds(10);

    // The longest break, the probe after it, and the next call.
    private static readonly TimeSpan _noticesRecovery = TimeSpan.FromMinutes(2) + TimeSpan.FromSeconds(4);

    [BothWays]
    public async Task Spike_NeitherHedgingNorSlowCalls_EverybodyWaits(bool streaming)
    {
        var outcome = await RunAsync(new(), streaming, static _ => { });

        Assert.Equal(LatencySpike.SlowTime, outcome.Percentile(0.5, _tenSeconds, LatencySpike.Length));
        Assert.Equal((0, 0), (outcome.RetryBudget, outcome.NotServedByModel));
        Assert.Empty(outcome.Circuits);
    }

    [BothWays]
    public async Task Spike_Hedged_FirstContentComesSoonAtFewExtraCalls(bool streaming)
    {
        var outcome = await RunAsync(new(), streaming, static chat => chat.WithHedging(TimeSpan.FromMilliseconds(500)));

        Assert.InRange(outcome.Percentile(0.99, _tenSeconds, LatencySpike.Length), TimeSpan.Zero, TimeSpan.FromSeconds(1.2));
        Assert.InRange(outcome.ExtraShare, 0, 0.1);
        Assert.Equal(0, outcome.NotServedByModel);
        Assert.True(outcome.DetectedAt <= _tenSeconds, "A tenth of the calls may be hedged. The circuit has to send the others elsewhere, and in time.");
        AssertRecoveryIsNoticed(outcome);
    }

    [BothWays]
    public async Task Spike_SlowCallsAlone_AreRoutedAroundOnceNoticed(bool streaming)
    {
        var outcome = await RunAsync(new(), streaming, static chat => chat.WithCircuitBreaker(static breaker => breaker.SlowCallDuration = TimeSpan.FromSeconds(2)));

        var detected = Assert.NotNull(outcome.DetectedAt);
        Assert.InRange(detected, TimeSpan.FromSeconds(2), _tenSeconds);
        Assert.InRange(outcome.Percentile(0.99, detected, LatencySpike.Length), TimeSpan.Zero, TimeSpan.FromSeconds(2));

        // Whoever finds out whether the primary is well again waits for it. Nobody else does.
        var probes = outcome.Circuits.Count(change => change.To == CircuitState.HalfOpen && change.At < LatencySpike.Length);
        Assert.Equal(probes, outcome.Between(detected, LatencySpike.Length).Count(static call => call.Time >= TimeSpan.FromSeconds(2)));
        Assert.InRange(probes, 1, 6);
        Assert.Equal((0, 0), (outcome.RetryBudget, outcome.NotServedByModel));
        AssertRecoveryIsNoticed(outcome);
    }

    [BothWays]
    public async Task Spike_HedgedAfterTheUsualTime_StaysWithinTheBudget(bool streaming)
    {
        var outcome = await RunAsync(new(), streaming, static chat => chat.WithHedging(static _ => { }));

        Assert.InRange(outcome.ExtraShare, 0, 0.1);
        Assert.Equal(0, outcome.NotServedByModel);
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Spike_NobodyElseToAsk_AnswersComeLateAndAllOfThem(bool streaming, bool isHedged)
    {
        var outcome = await RunAsync(
            new(),
            streaming,
            chat =>
            {
                chat.WithCircuitBreaker(static breaker => breaker.SlowCallDuration = TimeSpan.FromSeconds(2));
                if (isHedged)
                {
                    chat.WithHedging(TimeSpan.FromMilliseconds(500));
                }
            },
            hasCheaper: false);

        Assert.NotNull(outcome.DetectedAt);
        Assert.Equal((0, 0), (outcome.RetryBudget, outcome.NotServedByModel));
        Assert.All(outcome.Between(TimeSpan.Zero, LatencySpike.Length), static call => Assert.Equal(LatencySpike.SlowTime, call.Time));
        Assert.All(outcome.Between(LatencySpike.Length, TimeSpan.MaxValue), static call => Assert.InRange(call.Time, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Spike_OfBothModels_AnswersComeLateAndAllOfThem(bool streaming, bool isHedged)
    {
        var outcome = await RunAsync(
            new(isCheaperSlowToo: true),
            streaming,
            chat =>
            {
                chat.WithCircuitBreaker(static breaker => breaker.SlowCallDuration = TimeSpan.FromSeconds(2));
                if (isHedged)
                {
                    chat.WithHedging(TimeSpan.FromMilliseconds(500));
                }
            });

        Assert.Equal(0, outcome.NotServedByModel);
        Assert.InRange(outcome.ExtraShare, 0, 0.1);
        Assert.All(outcome.Calls, static call => Assert.InRange(call.Time, TimeSpan.Zero, LatencySpike.SlowTime + TimeSpan.FromSeconds(0.5)));

        // Where all are slow the better one is as good as any: they are asked in their order.
        Assert.InRange(outcome.PrimaryShare(_tenSeconds, LatencySpike.Length), 0.99, 1);
        AssertRecoveryIsNoticed(outcome);
    }

    [BothWays]
    public async Task Spike_OfBothModelsHedged_DoesNotBecomeTheNorm(bool streaming)
    {
        var outcome = await RunAsync(new(isCheaperSlowToo: true), streaming, static chat => chat.WithHedging(TimeSpan.FromMilliseconds(500)));

        // Thousands of calls took ten seconds, and none of the probes was fast.
        Assert.True(outcome.DetectedAt <= _tenSeconds);
        Assert.DoesNotContain(outcome.Circuits, static change => change.To == CircuitState.Closed && change.At < LatencySpike.Length);
        Assert.Equal(0, outcome.NotServedByModel);
        AssertRecoveryIsNoticed(outcome);
    }

    private static void AssertRecoveryIsNoticed(SpikeOutcome outcome)
    {
        Assert.InRange(Assert.NotNull(outcome.RecoveredAfter), TimeSpan.Zero, _noticesRecovery);
        Assert.InRange(outcome.PrimaryShareOfLastMinute, 0.95, 1);
    }

    private async Task<SpikeOutcome> RunAsync(LatencySpike spike, bool streaming, Action<ResilientChatBuilder> configure, bool hasCheaper = true)
    {
        var outcome = await spike.RunAsync(streaming, configure, hasCheaper);
        output.WriteLine($"{(streaming ? "streams" : "plain calls")}\n{outcome.ToTable()}");
        Assert.Equal((0, 0), (outcome.LeftInFlight, outcome.LeftTimers));
        return outcome;
    }
}
