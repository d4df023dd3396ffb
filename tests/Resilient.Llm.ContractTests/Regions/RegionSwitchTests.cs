using Xunit.Abstractions;

namespace Resilient.Llm.ContractTests;

/// <summary>An operator drains, isolates and restores regions while applications go on asking, over sockets and the official SDKs.</summary>
[Collection(nameof(Alone))]
public class RegionSwitchTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Operator_SwitchesRegionsUnderLoad_LaterRequestsReachOnlyWhatIsLeftAndEverybodyIsAnswered()
    {
        await using var fleet = await RegionalFleet.StartAsync(RoutingStrategy.Ordered);
        await using var load = new RegionalLoad(fleet);
        var switched = new List<long>();
        await PhaseAsync("all in service");
        await PhaseAsync("north drained", static regions => regions.Drain("north"));
        await PhaseAsync("and west isolated", static regions => regions.Isolate("west"));
        await PhaseAsync("and south isolated", static regions => regions.Isolate("south"));
        await PhaseAsync("west restored, north isolated", static regions =>
        {
            regions.Restore("west");
            regions.Isolate("north");
        });
        await PhaseAsync("all restored", static regions => Array.ForEach(RegionalFleet.Regions, regions.Restore));
        await load.StopAsync();

        foreach (var line in load.Table())
        {
            output.WriteLine(line);
        }

        load.AssertAllAnswered();
        AssertReached("all in service", "north");
        AssertReached("north drained", "west");
        AssertReached("and west isolated", "south");
        AssertReached("and south isolated", "north");
        AssertReached("west restored, north isolated", "west");
        AssertReached("all restored", "north");
        Assert.Empty(fleet.Transitions);

        async Task PhaseAsync(string phase, Action<ChatRegions>? change = null)
        {
            switched.Add(fleet.Now());
            if (change is not null)
            {
                fleet.Switch(change);
            }

            await load.RunAsync(phase, () => load.Of(phase).Count() >= 100);
        }

        // What is under way while a switch is thrown may go either way, and is not judged.
        void AssertReached(string phase, string only)
        {
            var end = switched.Append(long.MaxValue).First(at => at > load.Of(phase).First().Began);
            var judged = load.Of(phase).Where(asked => asked.Ended < end).ToArray();
            var numbers = judged.Select(static asked => asked.Number).ToHashSet();
            foreach (var (model, region) in from model in RegionalFleet.Models from region in RegionalFleet.Regions select (model, region))
            {
                var arrived = fleet.Provider(model, region).Arrived.Count(one => numbers.Contains(one.Question));
                Assert.True(region == only ? arrived > 0 : arrived == 0, $"{phase}: {arrived} requests arrived at {model} in {region}.");
            }

            Assert.All(judged, asked => Assert.Equal(only, asked.Region));
        }
    }
}
