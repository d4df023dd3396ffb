using System.Globalization;
using Xunit.Abstractions;

namespace Resilient.Llm.Tests;

/// <summary>What hedging must not do, in figures: take the traffic away from a model that is slow and well.</summary>
public sealed class SlowButHealthyTests(ITestOutputHelper output)
{
    [BothWays]
    public async Task ThinkingModel_HedgedAfterTheUsualTime_KeepsItsTraffic(bool streaming)
    {
        var kept = await KeptAsync(streaming, 5, static random => Traffic.LogNormal(random, TimeSpan.FromSeconds(9), 0.18), static chat => chat.WithHedging(static _ => { }));

        Assert.InRange(kept, 0.9, 1);
    }

    [BothWays]
    public async Task ThinkingModel_OfVeryDifferentTimes_KeepsItsTraffic(bool streaming)
    {
        var kept = await KeptAsync(streaming, 5, static random => Traffic.LogNormal(random, TimeSpan.FromSeconds(6), 0.5), static chat => chat.WithHedging(static hedging => hedging.InitialDelay = TimeSpan.FromMilliseconds(500)));

        Assert.InRange(kept, 0.9, 1);
    }

    [Fact]
    public async Task LongPlainAnswers_HedgedForTheSakeOfStreams_LoseTheHedgesAlone()
    {
        var kept = await KeptAsync(
            streaming: false, 20, static random => TimeSpan.FromSeconds(5 + (15 * random.NextDouble())), static chat => chat.WithHedging(TimeSpan.FromMilliseconds(500)));

        Assert.InRange(kept, 0.85, 1);
    }

    /// <returns>Which part of its calls the primary answered.</returns>
    private async Task<double> KeptAsync(bool streaming, double callsPerSecond, Func<Random, TimeSpan> time, Action<ResilientChatBuilder> configure)
    {
        var run = new SlowButHealthy(time);
        var calls = await run.RunAsync(streaming, callsPerSecond, configure);
        var kept = (double)calls.Count(static call => call.Report?.ServedBy == "primary") / calls.Length;
        TimeSpan[] times = [.. calls.Select(static call => call.Time).Order()];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{calls.Length} calls, {kept:P1} by the primary, {calls.Sum(static call => call.Hedges)} hedges, p50 {times[times.Length / 2].TotalSeconds:F2} s, p99 {times[times.Length * 99 / 100].TotalSeconds:F2} s, {run.Circuits.Count} changes of circuits"));
        foreach (var change in run.Circuits.Take(10))
        {
            output.WriteLine(change.ToString());
        }

        Assert.All(calls, static call => Assert.Equal(AnswerSource.Model, call.Report?.Source));
        Assert.Equal(0, run.LeftInFlight);
        return kept;
    }
}
