using Resilient.Llm.Chaos;

namespace GameDay.Live;

/// <summary>The built-in game day: four things go wrong within 45 seconds. Scenarios/a-bad-day.json is the same as a file.</summary>
internal static class BuiltInScenario
{
    public static GameDayScenario Scenario { get; } = GameDayScenario.Named("A bad day")
        .DescribedAs("A region goes down, the best model becomes slow, every provider refuses with 429, and meanwhile the search behind the last resort is severed: nobody may go without an answer.")
        .Lasting(TimeSpan.FromSeconds(45))
        .Expecting(new()
        {
            Answered = 1,
            AnsweredWithin = new(TimeSpan.FromSeconds(5), 0.99),
            ByModel = 0.75,
            FirstContentP99 = TimeSpan.FromSeconds(5),
            BrokenStreams = 0.01,
        })
        .UnderLoad(new()
        {
            RequestsPerSecond = 20,
            RampUp = TimeSpan.FromSeconds(2),
            Streams = 0.5,
            NewQuestions = 0.3,
            Questions =
            [
                "How do I reset my password?", "Where do I find my invoices?", "How do I close my account?", "How do I turn on two-factor sign-in?", "Which regions do you serve?",
                "How do I export my data?", "What does the premium plan cost?", "How do I invite a colleague?",
            ],
            Tenants = ["acme", "globex"],
            Residencies = [new(["EU"], 0.3)],
        })
        .RegionDown("us-east", at: TimeSpan.FromSeconds(7), duration: TimeSpan.FromSeconds(6))
        .LatencySpike(TimeSpan.FromSeconds(10), at: TimeSpan.FromSeconds(18), duration: TimeSpan.FromSeconds(7), new() { Models = [Fleet.Smart] })
        .EveryoneGets429(at: TimeSpan.FromSeconds(30), duration: TimeSpan.FromSeconds(7), retryAfter: TimeSpan.FromSeconds(1))
        .Sever(Fleet.VectorDatabase, at: TimeSpan.FromSeconds(33), duration: TimeSpan.FromSeconds(4))
        .AbortingWhen(new() { AnsweredBelow = 0.5, Window = TimeSpan.FromSeconds(10), MinRequests = 50 })
        .Build();
}
