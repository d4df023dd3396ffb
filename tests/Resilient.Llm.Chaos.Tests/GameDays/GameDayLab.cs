using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Two models in two regions, a cache and a last resort in virtual time, and game days over them.</summary>
internal sealed class GameDayLab : IDisposable
{
    private readonly Random _randomness = new(7);

    public GameDayLab()
    {
        Chaos = new(new() { Enabled = true, Environment = "Test" }, Clock, _randomness.NextDouble);
        Ladder = new ResilientChatBuilder()
            .WithTimeProvider(Clock)
            .WithRandomizer(static () => 0.5)
            .AddModel("smart", model => Regions(model, milliseconds: 100))
            .AddModel("cheaper", model => Regions(model, milliseconds: 50))
            .AddCachedAnswers()
            .AddLastResort(last => last.AddSearch(new ChaosSearchSource(new Shelf(), Chaos, "shelf")))
            .RunsIn("north", "EU")
            .AnswerWithin(TimeSpan.FromSeconds(5))
            .WithTimeouts(static timeouts => timeouts.AttemptTimeout = timeouts.FirstContentTimeout = TimeSpan.FromSeconds(1))
            .WithRetries(0)
            .WithCircuitBreaker(failures: 5, within: TimeSpan.FromSeconds(10), breakFor: TimeSpan.FromSeconds(2))
            .WithFallback(static fallback => fallback.FailbackDelay = TimeSpan.FromSeconds(1))
            .WithChaos(Chaos)
            .Build();
    }

    public ManualTimeProvider Clock { get; } = new();

    public ChaosController Chaos { get; }

    public IChatClient Ladder { get; }

    public List<GameDayProgress> Progress { get; } = [];

    /// <summary>Twenty seconds, of which "east" is down from the fifth to the tenth; nothing is expected but that everybody is answered.</summary>
    public static GameDayScenario EastIsDown(GameDayLoad? load = null) => GameDayScenario.Named("East is down")
        .Lasting(TimeSpan.FromSeconds(20))
        .UnderLoad(load ?? new() { RequestsPerSecond = 20, Residencies = [new(["EU"], 0.25)] })
        .RegionDown("east", at: TimeSpan.FromSeconds(5), duration: TimeSpan.FromSeconds(5))
        .Build();

    /// <summary>Plays a game day to its end.</summary>
    /// <param name="scenario">The game day.</param>
    /// <param name="chat">Whom to ask; null: the ladder.</param>
    /// <param name="every">Is called before each step of the clock.</param>
    /// <param name="token">Aborts it.</param>
    public async Task<Scorecard> PlayAsync(GameDayScenario scenario, IChatClient? chat = null, Action? every = null, CancellationToken token = default)
    {
        var run = new GameDayRunner(chat ?? Ladder, Chaos).RunAsync(scenario, new Notes(Progress), "test", token);
        var end = Clock.GetUtcNow() + TimeSpan.FromHours(1);
        while (!run.IsCompleted && Clock.GetUtcNow() < end)
        {
            every?.Invoke();
            if (!run.IsCompleted)
            {
                Clock.AdvanceToNextTimer();
            }
        }

        return await run;
    }

    public void Dispose()
    {
        Ladder.Dispose();
        Chaos.Dispose();
    }

    private void Regions(ChatModelBuilder model, int milliseconds)
    {
        model.RouteBy(RoutingStrategy.Ordered);
        model.AddEndpoint("east", Provider(milliseconds), static endpoint => endpoint.InRegion("east", "US"));
        model.AddEndpoint("north", Provider(milliseconds + 30), static endpoint => endpoint.InRegion("north", "EU"));
    }

    private PacedChatClient Provider(int milliseconds) =>
        new(Clock, () => TimeSpan.FromMilliseconds(milliseconds + (_randomness.NextDouble() * 20)), TimeSpan.FromMilliseconds(5), "Hello ", "there.");

    /// <summary>Notes every report, in order.</summary>
    private sealed class Notes(List<GameDayProgress> notes) : IProgress<GameDayProgress>
    {
        public void Report(GameDayProgress value) => notes.Add(value);
    }

    /// <summary>Finds one book.</summary>
    private sealed class Shelf : ISearchSource
    {
        public string? Geography => "EU";

        public Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<SearchResult>>([new("Ladders", "How to climb one.")]);
    }
}
