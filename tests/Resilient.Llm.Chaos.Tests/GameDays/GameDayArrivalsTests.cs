using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Tests;

public class GameDayArrivalsTests
{
    [Fact]
    public void Arrivals_Rate_IsKept()
    {
        var requests = Within(new() { RequestsPerSecond = 50 }, seconds: 200);

        // Ten thousand are expected, with a standard deviation of a hundred.
        Assert.InRange(requests.Length, 9_500, 10_500);
        Assert.All(requests.Zip(requests.Skip(1)), static pair => Assert.True(pair.First.At <= pair.Second.At));
    }

    [Fact]
    public void Arrivals_RampUp_RisesInAStraightLine()
    {
        var requests = Within(new() { RequestsPerSecond = 100, RampUp = TimeSpan.FromSeconds(100) }, seconds: 200);

        // Half of the ramp holds a quarter of its requests.
        Assert.InRange(requests.Count(static request => request.At < TimeSpan.FromSeconds(50)), 1_100, 1_400);
        Assert.InRange(requests.Count(static request => request.At < TimeSpan.FromSeconds(100)), 4_650, 5_350);
        Assert.InRange(requests.Length, 14_400, 15_600);
    }

    [Fact]
    public void Arrivals_Shares_AreDrawnAsTheLoadSays()
    {
        var load = new GameDayLoad
        {
            RequestsPerSecond = 100,
            Streams = 0.2,
            NewQuestions = 0.1,
            Questions = ["one", "two"],
            Tenants = ["a", "b", "c"],
            Residencies = [new(["EU"], 0.3), new(["US"], 0.05)],
        };

        var requests = Within(load, seconds: 100);

        var all = (double)requests.Length;
        Assert.InRange(requests.Count(static request => request.IsStreaming) / all, 0.17, 0.23);
        Assert.InRange(requests.Count(static request => request.Question is not ("one" or "two")) / all, 0.08, 0.12);
        Assert.Equal(requests.Count(static request => request.Question is not ("one" or "two")), requests.Where(static request => request.Question is not ("one" or "two")).Select(static request => request.Question).Distinct().Count());
        Assert.InRange(requests.Count(static request => request.Residency == 0) / all, 0.27, 0.33);
        Assert.InRange(requests.Count(static request => request.Residency == 1) / all, 0.035, 0.065);
        Assert.All(load.Tenants, tenant => Assert.InRange(requests.Count(request => request.Tenant == tenant) / all, 0.3, 0.37));
    }

    [Fact]
    public void Arrivals_Seed_DecidesEverything()
    {
        var load = new GameDayLoad { Tenants = ["a", "b"], NewQuestions = 0.5 };

        Assert.Equal(Within(load, 100), Within(load, 100));
        Assert.NotEqual(Within(load, 100), Within(load with { Seed = 2 }, 100));
        Assert.Equal(Within(load, 100).Select(static request => request.At), Within(load with { Streams = 1 }, 100).Select(static request => request.At));
    }

    private static GameDayRequest[] Within(GameDayLoad load, double seconds)
    {
        var arrivals = new GameDayArrivals(load);
        var requests = new List<GameDayRequest>();
        for (var next = arrivals.Next(); next.At < TimeSpan.FromSeconds(seconds); next = arrivals.Next())
        {
            requests.Add(next);
        }

        return [.. requests];
    }
}
