using Polly.CircuitBreaker;
using Xunit.Abstractions;

namespace Resilient.Llm.ContractTests;

/// <summary>Regions die, become slow, flap and come back while applications go on asking, over sockets and the official SDKs.</summary>
/// <remarks>Real time, on purpose: what is asserted is who was asked how often, never how long it took.</remarks>
[Collection(nameof(Alone))]
public class RegionOutageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Region_DiesComesBackAndFlaps_EverybodyIsAnsweredAndItGetsProbesOnly()
    {
        await using var fleet = await RegionalFleet.StartAsync(RoutingStrategy.Nearest);
        await using var load = new RegionalLoad(fleet);
        await load.RunAsync("all well", () => load.Of("all well").Count() >= 300);

        var died = fleet.Now();
        fleet.Set("north", RegionHealth.Dead);
        await load.RunAsync("north dead", () => load.Of("north dead").Count() >= 300 && fleet.Times("north", CircuitState.HalfOpen) >= 3);
        var most = load.MostAtOnce;
        var revived = fleet.Set("north", RegionHealth.Well);
        await load.RunAsync("north back", () => fleet.IsClosed("north") && load.AnsweredBy("north", "north back") >= 75);

        fleet.Set("north", RegionHealth.Flapping);
        var flapping = fleet.Now();
        await load.RunAsync("north flapping", () => fleet.Times("north", CircuitState.Closed, flapping) >= 2);
        fleet.Set("north", RegionHealth.Well);
        await load.RunAsync("north well again", () => fleet.IsClosed("north") && load.AnsweredBy("north", "north well again") >= 50);
        await load.StopAsync();

        Tell(load, fleet, died, revived);
        load.AssertAllAnswered();
        Assert.All(load.Of("all well").Where(asked => asked.Ended < died), static asked => Assert.Equal("north", asked.Region));
        Assert.Contains(load.Finished, static asked => asked.Heard.Report!.WasContinued);
        foreach (var ladder in new[] { 0, 1 })
        {
            AssertOnlyProbes(load, fleet, ladder, died, revived, atMost: RegionalFleet.Threshold + most);
            AssertChangesFitTogether(fleet, ladder);
        }

        // Of those that are well, the one in the same geography is nearest.
        Assert.All(WhileOpen(load, fleet, died, revived), static asked => Assert.Equal("west", asked.Region));
        Assert.All(fleet.Transitions, static one => Assert.Equal("north", one.Event.Endpoint));

        // To flap is no worse than to die once for each time that the circuit was closed.
        var ill = RegionalFleet.Models.Sum(model => fleet.Provider(model, "north").Arrived.Count(one => !one.IsWell && load.BeganAt(one.Question) > revived));
        var bouts = fleet.Transitions.Count(one => one.At > revived && one.Event.From == CircuitState.Closed);
        var probes = fleet.Transitions.Count(one => one.At > revived && one.Event.To == CircuitState.HalfOpen);
        Assert.InRange(ill, 2 * RegionalFleet.Threshold, (bouts * (RegionalFleet.Threshold + load.MostAtOnce)) + probes);
    }

    [Fact]
    public async Task WeightedRegions_OneDiesThenAModelEverywhere_SharesAreKeptAndEverybodyIsAnswered()
    {
        await using var fleet = await RegionalFleet.StartAsync(RoutingStrategy.Weighted, weights: [3, 2, 1]);
        await using var load = new RegionalLoad(fleet);
        await load.RunAsync("all well", () => load.Of("all well").Count() >= 300);

        var died = fleet.Now();
        fleet.Set("north", RegionHealth.Dead);
        await load.RunAsync("north dead", () => load.Of("north dead").Count() >= 300 && fleet.Times("north", CircuitState.HalfOpen) >= 2);
        var most = load.MostAtOnce;
        var revived = fleet.Set("north", RegionHealth.Well);
        await load.RunAsync("north coming back", () => fleet.IsClosed("north"));
        await load.RunAsync("north back", () => load.Of("north back").Count() >= 300);

        var claudeDied = fleet.Now();
        Array.ForEach(RegionalFleet.Regions, region => fleet.Provider("claude", region).Health = RegionHealth.Dead);
        await load.RunAsync(
            "claude dying everywhere",
            () => Array.TrueForAll(RegionalFleet.Regions, region => fleet.TransitionsOf(ladder: 0, region, CircuitState.Open, claudeDied).Length > 0));
        await load.RunAsync("claude dead everywhere", () => load.Of("claude dead everywhere").Count() >= 200);
        await load.StopAsync();

        Tell(load, fleet, died, revived);
        load.AssertAllAnswered();
        AssertShares(load.Of("all well").Where(asked => asked.Ended < died), 3, 2, 1);
        AssertShares(WhileOpen(load, fleet, died, revived), 0, 2, 1);
        AssertShares(load.Of("north back").Where(asked => asked.Ended < claudeDied), 3, 2, 1);
        AssertOnlyProbes(load, fleet, ladder: 0, died, revived, atMost: RegionalFleet.Threshold + most);
        AssertOnlyProbes(load, fleet, ladder: 1, died, revived, atMost: RegionalFleet.Threshold + most);
        Assert.All(load.Of("claude dead everywhere"), static asked => Assert.Equal("gpt", asked.Heard.Report!.ServedBy));
    }

    /// <summary>A region that takes 10 s is found out while its first calls are under way, and left. Some of its late answers come when it has long been well again.</summary>
    [Fact]
    public async Task FastestRegion_TakesTenSeconds_TrafficLeavesItAndComesBackAndTheLateAnswersArrive()
    {
        await using var fleet = await RegionalFleet.StartAsync(RoutingStrategy.LowestLatency, distances: [1, 300, 400], configure: static chat => chat
            .WithCircuitBreaker(static options =>
            {
                options.SlowCallDuration = TimeSpan.FromSeconds(1);
                options.SamplingDuration = TimeSpan.FromSeconds(2);
            }));
        await using var load = new RegionalLoad(fleet);

        await SlowDownAsync(load, fleet, CircuitTransitionReason.SlowCalls);

        Assert.Contains(load.Of("north becoming slow"), static asked => asked.Region == "north");
    }

    /// <summary>The same region, where nobody waits for it: what is late fails, and siblings answer.</summary>
    [Fact]
    public async Task FastestRegion_TakesTenSecondsWithTimeouts_SiblingsAnswerAndTrafficLeavesIt()
    {
        await using var fleet = await RegionalFleet.StartAsync(RoutingStrategy.LowestLatency, distances: [1, 300, 400], configure: static chat => chat
            .WithTimeouts(static timeouts => timeouts.FirstContentTimeout = timeouts.AttemptTimeout = TimeSpan.FromSeconds(2)));
        await using var load = new RegionalLoad(fleet);

        await SlowDownAsync(load, fleet, CircuitTransitionReason.FailuresInWindow);

        Assert.DoesNotContain(load.Of("north slow"), static asked => asked.Region == "north");
    }

    private async Task SlowDownAsync(RegionalLoad load, RegionalFleet fleet, CircuitTransitionReason reason)
    {
        await load.RunAsync("all well", () => load.AnsweredBy("north", "all well") >= 100);

        var slowed = fleet.Now();
        fleet.Set("north", RegionHealth.Slow);
        await load.RunAsync("north becoming slow", () => fleet.Times("north", CircuitState.Open, slowed) >= 1);
        await load.RunAsync("north slow", () => load.Of("north slow").Count() >= 300 && fleet.Times("north", CircuitState.HalfOpen, slowed) >= 1);
        var most = load.MostAtOnce;
        var recovered = fleet.Set("north", RegionHealth.Well);
        await load.RunAsync("north recovering", () => fleet.IsClosed("north"));
        await load.RunAsync("late answers", () => load.IsOver("north becoming slow") && load.IsOver("north slow"));
        await load.RunAsync("north fast again", () => load.AnsweredBy("north", "north fast again") >= 75);
        await load.StopAsync();

        Tell(load, fleet, slowed, recovered);
        load.AssertAllAnswered();
        foreach (var ladder in new[] { 0, 1 })
        {
            AssertChangesFitTogether(fleet, ladder);
        }

        // On a machine so loaded that well regions are slow too, the slow one is asked all the same.
        if (fleet.Transitions.Any(one => one.At < slowed || one.Event.Endpoint != "north"))
        {
            output.WriteLine("The machine is too slow to tell a slow region from the others: who was asked was not judged.");
            return;
        }

        foreach (var ladder in new[] { 0, 1 })
        {
            AssertOnlyProbes(load, fleet, ladder, slowed, recovered, atMost: RegionalFleet.Threshold + most);
        }

        Assert.All(
            fleet.Transitions.Where(one => one.At < recovered && one.Event.From == CircuitState.Closed), one => Assert.Equal(reason, one.Event.Reason));
    }

    /// <summary>Counted by the provider: whoever began to ask after the circuit had opened reached the region only as a probe.</summary>
    private static void AssertOnlyProbes(RegionalLoad load, RegionalFleet fleet, int ladder, long fell, long rose, int atMost)
    {
        var (before, after, probes) = Calls(load, fleet, ladder, fell, rose);

        Assert.InRange(after, 0, probes);
        Assert.InRange(before, RegionalFleet.Threshold, atMost);
    }

    /// <summary>Each change begins where the one before it ended.</summary>
    private static void AssertChangesFitTogether(RegionalFleet fleet, int ladder)
    {
        var state = CircuitState.Closed;
        foreach (var (_, _, change) in fleet.Transitions.Where(one => one.Ladder == ladder && one.Event.Endpoint == "north"))
        {
            Assert.Equal(state, change.From);
            state = change.To;
        }

        Assert.Equal(CircuitState.Closed, state);
    }

    /// <summary>Each region within five standard deviations of its share.</summary>
    private static void AssertShares(IEnumerable<Asked> load, params int[] weights)
    {
        var all = load.ToArray();
        for (var i = 0; i < weights.Length; i++)
        {
            var share = (double)weights[i] / weights.Sum();
            var margin = 5 * Math.Sqrt(all.Length * share * (1 - share));
            Assert.InRange(all.Count(asked => asked.Region == RegionalFleet.Regions[i]), (all.Length * share) - margin, (all.Length * share) + margin);
        }
    }

    /// <summary>The requests that began and ended while the circuit in north was open or probing.</summary>
    private static IEnumerable<Asked> WhileOpen(RegionalLoad load, RegionalFleet fleet, long fell, long rose) =>
        load.Finished.Where(asked => asked.Ended < rose && asked.Began > Opened(fleet, RegionalFleet.LadderOf(asked.Number), fell));

    private static long Opened(RegionalFleet fleet, int ladder, long fell) => fleet.TransitionsOf(ladder, "north", CircuitState.Open, fell)[0];

    /// <summary>
    /// The calls of a ladder that reached north while that was ill: of requests that began before the circuit opened, and of later ones. And how often the circuit let a probe through.
    /// </summary>
    private static (int Before, int After, int Probes) Calls(RegionalLoad load, RegionalFleet fleet, int ladder, long fell, long rose)
    {
        var opened = Opened(fleet, ladder, fell);
        var closed = fleet.TransitionsOf(ladder, "north", CircuitState.Closed, fell)[0];
        var ill = fleet.Provider(RegionalFleet.Models[ladder], "north").Arrived
            .Where(one => !one.IsWell && RegionalFleet.LadderOf(one.Question) == ladder)
            .Select(one => load.BeganAt(one.Question))
            .Where(at => at < rose)
            .ToArray();
        return (
            ill.Count(at => at < opened),
            ill.Count(at => at > opened),
            fleet.TransitionsOf(ladder, "north", CircuitState.HalfOpen, fell).Count(at => at < closed));
    }

    private void Tell(RegionalLoad load, RegionalFleet fleet, long fell, long rose)
    {
        foreach (var line in load.Table())
        {
            output.WriteLine(line);
        }

        output.WriteLine($"At most {load.MostAtOnce} requests at once; {load.Finished.Count(static one => RegionalFleet.IsStreaming(one.Number))} of {load.Finished.Count()} in streams.");
        foreach (var ladder in new[] { 0, 1 })
        {
            var (before, after, probes) = Calls(load, fleet, ladder, fell, rose);
            output.WriteLine($"{RegionalFleet.Models[ladder]} in north: {before} calls of requests that began before the circuit opened, {after} of later ones; {probes} times half-open.");
        }

        foreach (var changes in fleet.Transitions.GroupBy(static one => $"{one.Event.Model}/{one.Event.Endpoint}: {one.Event.From} to {one.Event.To}, {one.Event.Reason}"))
        {
            output.WriteLine($"{changes.Key}: {changes.Count()}");
        }
    }
}

/// <summary>For tests that load the machine: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
