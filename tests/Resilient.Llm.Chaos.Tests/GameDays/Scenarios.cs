namespace Resilient.Llm.Chaos.Tests;

/// <summary>Scenarios with everything that a file can say.</summary>
internal static class Scenarios
{
    public static GameDayScenario Full { get; } = GameDayScenario.Named("Everything")
        .DescribedAs("All that can be said.")
        .Lasting(TimeSpan.FromMinutes(2))
        .Expecting(new()
        {
            Answered = 0.999,
            AnsweredWithin = new(TimeSpan.FromSeconds(5), 0.99),
            ByModel = 0.8,
            FirstContentP99 = TimeSpan.FromMilliseconds(2_500),
            BrokenStreams = 0.01,
            EveryExperimentHits = false,
        })
        .UnderLoad(new()
        {
            RequestsPerSecond = 12.5,
            RampUp = TimeSpan.FromSeconds(3),
            Streams = 0.25,
            Questions = ["One: a \"question\"?", "Zwei – ü"],
            NewQuestions = 0.125,
            Tenants = ["a", "b"],
            Residencies = [new(["EU", "CH"], 0.25), new(["US"], 0.125)],
            Seed = -5,
            MaxInFlight = 77,
        })
        .At(TimeSpan.FromSeconds(10), new ChaosExperiment
        {
            Name = "narrow",
            Fault = new(ChaosFaultKind.ErrorEvent) { AfterContents = 3, Latency = ChaosLatency.LogNormal(TimeSpan.FromSeconds(1), 0.5) },
            Rate = 0.5,
            Duration = TimeSpan.FromSeconds(20),
            Target = new() { Models = ["m"], Endpoints = ["e"], Regions = ["r"], Geographies = ["EU"], Tenants = ["a"], Share = 0.5 },
            Guard = new() { MinSuccessRate = 0.9, MaxP99 = TimeSpan.FromSeconds(8), Window = TimeSpan.FromSeconds(10), MinRequests = 5 },
        })
        .At(TimeSpan.FromSeconds(20), "between", TimeSpan.FromSeconds(5), ChaosFault.SlowedBy(ChaosLatency.Uniform(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2))))
        .RegionDown("us-east", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5))
        .LatencySpike(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(5))
        .EveryoneGets429(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(5), retryAfter: TimeSpan.FromSeconds(2))
        .Sever("vector-db", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(5))
        .AbortingWhen(new() { AnsweredBelow = 0.5, Window = TimeSpan.FromSeconds(20), MinRequests = 10, Failures = 100 })
        .Build();

    public const string Small = """{ "name": "small", "duration": "00:00:10" }""";
}
