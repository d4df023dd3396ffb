using Resilient.Llm.Endpoints;
using Resilient.Llm.Routing;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RoutingStrategyTests
{
    private static readonly RoutedEndpoint s_sweden = new("sweden", "swedencentral", "EU", 1);
    private static readonly RoutedEndpoint s_france = new("france", "francecentral", "EU", 2);
    private static readonly RoutedEndpoint s_virginia = new("virginia", "eastus", "US", 7);

    [Theory]
    [InlineData("francecentral", "EU", "france,sweden,virginia")]
    [InlineData("FRANCECENTRAL", "eu", "france,sweden,virginia")]
    [InlineData("westeurope", "EU", "sweden,france,virginia")]
    [InlineData("westus", "US", "virginia,sweden,france")]
    [InlineData("brazilsouth", "BR", "sweden,france,virginia")]
    [InlineData(null, null, "sweden,france,virginia")]
    public void Nearest_GoesByRegionThenGeography(string? region, string? geography, string expected) =>
        Assert.Equal(expected, Order(RoutingStrategy.Nearest, new(region, geography, false, NoChance, NoTimes)));

    [Fact]
    public void Ordered_ChangesNothing() =>
        Assert.Equal("sweden,france,virginia", Order(RoutingStrategy.Ordered, new("eastus", "US", false, NoChance, NoTimes)));

    [Fact]
    public void Weighted_FirstPlaces_AreInProportionToTheWeights()
    {
        const int Draws = 100_000;
        var random = new Random(7);
        var first = new Dictionary<char, int>();
        var secondAfterVirginia = 0;
        for (var i = 0; i < Draws; i++)
        {
            var order = Order(RoutingStrategy.Weighted, new(null, null, false, random.NextDouble, NoTimes));
            first[order[0]] = first.GetValueOrDefault(order[0]) + 1;
            secondAfterVirginia += order.StartsWith("virginia,france", StringComparison.Ordinal) ? 1 : 0;
        }

        // Four standard deviations of a binomial share.
        AssertShare(0.1, first['s'], Draws);
        AssertShare(0.2, first['f'], Draws);
        AssertShare(0.7, first['v'], Draws);

        // Drawn without replacement: of what is left, France has two parts in three.
        AssertShare(2.0 / 3, secondAfterVirginia, first['v']);
    }

    [Fact]
    public void LowestLatency_OrdersByTime_TheUnknownFirst()
    {
        TimeSpan? Time(RoutedEndpoint endpoint) => endpoint.Name switch
        {
            "sweden" => TimeSpan.FromSeconds(2),
            "virginia" => TimeSpan.FromSeconds(1),
            _ => null,
        };

        Assert.Equal("france,virginia,sweden", Order(RoutingStrategy.LowestLatency, new(null, null, false, static () => 0.5, Time)));
    }

    [Fact]
    public void LowestLatency_OnceInAWhile_AnotherGoesFirst()
    {
        const int Draws = 100_000;
        var random = new Random(7);
        TimeSpan? Time(RoutedEndpoint endpoint) => TimeSpan.FromSeconds(endpoint.Weight);
        var others = 0;
        for (var i = 0; i < Draws; i++)
        {
            others += Order(RoutingStrategy.LowestLatency, new(null, null, false, random.NextDouble, Time)).StartsWith("sweden", StringComparison.Ordinal) ? 0 : 1;
        }

        // Of the draws that explore, one in three finds the fastest itself.
        AssertShare(LowestLatencyRouting.Exploration * 2 / 3, others, Draws);
    }

    [Fact]
    public void Average_AfterAStep_IsThatOfTheClosedForm()
    {
        var latency = new EndpointLatency();
        latency.Record(isStreaming: true, TimeSpan.FromSeconds(1));
        for (var n = 1; n <= 20; n++)
        {
            latency.Record(isStreaming: true, TimeSpan.FromSeconds(5));

            var expected = 5 - (4 * Math.Pow(0.8, n));
            Assert.Equal(expected, latency.Average(isStreaming: true)!.Value.TotalSeconds, precision: 3);
        }

        Assert.Null(latency.Average(isStreaming: false));
    }

    [Fact]
    public void Average_CallGivenUpEarly_SaysNothing()
    {
        var latency = new EndpointLatency();
        latency.Record(isStreaming: true, TimeSpan.FromSeconds(2));

        latency.Record(isStreaming: true, TimeSpan.FromSeconds(0.1), isLowerBound: true);
        Assert.Equal(2, latency.Average(isStreaming: true)!.Value.TotalSeconds, precision: 3);

        latency.Record(isStreaming: true, TimeSpan.FromSeconds(7), isLowerBound: true);
        Assert.Equal(3, latency.Average(isStreaming: true)!.Value.TotalSeconds, precision: 3);
    }

    [BothWays]
    public async Task LowestLatency_FastRegionBecomesSlow_TrafficMovesAndComesBack(bool streaming)
    {
        var lab = new LadderLab();
        var random = new Random(3);
        using var sweden = new ScriptedChatClient().Always(Taking(0.2));
        using var virginia = new ScriptedChatClient().Always(Taking(0.5));
        var ladder = lab.Builder().WithRandomizer(random.NextDouble).AddModel("primary", model => model
            .AddEndpoint("sweden", sweden, static e => e.InRegion("swedencentral", "EU"))
            .AddEndpoint("virginia", virginia, static e => e.InRegion("eastus", "US"))).Build();

        var (before, _) = await ShareAsync(300);
        sweden.Always(Taking(3));
        var (during, _) = await ShareAsync(300);
        sweden.Always(Taking(0.2));
        await ShareAsync(600);
        var (after, _) = await ShareAsync(300);

        Assert.InRange(before, 0.95, 1);
        Assert.InRange(during, 0, 0.1);
        Assert.InRange(after, 0.9, 1);

        Scripted Taking(double seconds) => Scripted.Answer("hello").Delayed(lab.Clock, TimeSpan.FromSeconds(seconds));

        async Task<(double Share, int Count)> ShareAsync(int calls)
        {
            var fromSweden = 0;
            for (var i = 0; i < calls; i++)
            {
                fromSweden += (await lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!.Endpoint == "sweden" ? 1 : 0;
            }

            return ((double)fromSweden / calls, calls);
        }
    }

    private static double NoChance() => throw new InvalidOperationException("No chance is needed here.");

    private static TimeSpan? NoTimes(RoutedEndpoint endpoint) => throw new InvalidOperationException("No time is needed here.");

    private static string Order(RoutingStrategy strategy, EndpointRoutingContext context)
    {
        RoutedEndpoint[] endpoints = [s_sweden, s_france, s_virginia];
        strategy.Order(endpoints, context);
        return string.Join(',', endpoints.Select(static endpoint => endpoint.Name));
    }

    private static void AssertShare(double expected, int count, int draws)
    {
        var deviation = Math.Sqrt(expected * (1 - expected) / draws);
        Assert.InRange((double)count / draws, expected - (4 * deviation), expected + (4 * deviation));
    }
}
