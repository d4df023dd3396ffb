using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A ladder with all that is around it, and a time of many requests in which its surroundings fail and come back. All from one seed, on one thread.</summary>
internal sealed partial class ResidencyWorld
{
    /// <summary>The part of a seed that is the active probes' own.</summary>
    public const int ProbesPart = 7;

    private readonly List<int> _moments = [];
    private readonly List<string>? _story;
    private readonly WorldSettings _settings;
    private readonly IChatClient _ladder;
    private readonly ChatCircuits _circuits;
    private int _moment;
    private int _number;

    /// <param name="seed">The seed.</param>
    /// <param name="isTold">Whether to take down what happens: to be done for a seed that is known to fail, since it takes its time.</param>
    public ResidencyWorld(int seed, bool isTold = false)
    {
        Seed = seed;
        _story = isTold ? [] : null;
        Draw = new(seed);
        IsProbing = Draw.For(seed, ProbesPart, 0).Chance(0.2);
        Watch = new(this);
        Requests.Add(Stranger);
        var building = new WorldBuilding(this);
        (_settings, _ladder) = building.Build(outer: null);
        _circuits = _ladder.GetRequiredService<ChatCircuits>();
    }

    public int Seed { get; }

    public Draw Draw { get; }

    public ManualTimeProvider Clock { get; } = new();

    public ResidencyOracle Watch { get; }

    /// <summary>Whoever asks and is nobody that we know: may go nowhere.</summary>
    public WorldRequest Stranger { get; } = new() { Id = 0, Question = "nobody's", IsStreaming = false, Options = null, Bounds = new(0), Partition = null };

    /// <summary>By their ids.</summary>
    public List<WorldRequest> Requests { get; } = [];

    /// <summary>The endpoints, by their names.</summary>
    public Dictionary<string, WorldPlace> Places { get; } = [];

    public List<WorldProvider> Providers { get; } = [];

    public List<WorldStore> Stores { get; } = [];

    public List<WorldSearch> Searches { get; } = [];

    /// <summary>The processes that keep answers in memory.</summary>
    public List<WorldPlace> Memories { get; } = [];

    /// <summary>Who switches regions, one for each ladder.</summary>
    public List<WorldOperator> Operators { get; } = [];

    /// <summary>Whether ladders have active probes: drawn apart, so that the other worlds' stories do not depend on it.</summary>
    public bool IsProbing { get; }

    /// <summary>By their prompts.</summary>
    public Dictionary<string, WorldProbes> Probes { get; } = [];

    public List<ChatProbes> Probing { get; } = [];

    public List<WorldConversation> Conversations { get; } = [];

    /// <summary>What the last request of each session was bound to.</summary>
    public Dictionary<string, Bounds> Sessions { get; } = [];

    /// <summary>Whether some client below the ladder says what the ladder cannot know when it chooses: then the guard has to refuse.</summary>
    public bool NeedsGuard { get; set; }

    /// <summary>Somebody who leaves while a retry waits is let go of on the pool, and seeds would tell more than one story.</summary>
    public bool HasRetries { get; set; }

    public int NextNumber() => ++_number;

    public bool IsProbed(WorldProvider provider) =>
        provider.Place.Outer is null && _circuits.TryGet(provider.Model, provider.Endpoint, out var circuit) && circuit.State == CircuitState.HalfOpen;

    /// <summary>Whether somebody waits for its answer: perhaps others who asked the same, when whoever asked first has left.</summary>
    public bool IsWaitedFor(WorldRequest request) => request.IsInProgress || Requests.Exists(
        other => other.IsInProgress && other.AsksTheSameAs(request));

    /// <summary>Whether somebody who asked the same at the same time had the answer to an earlier question out of a store.</summary>
    public bool HasShared(WorldRequest request, WorldRequest origin) =>
        Requests.Exists(other => other.FromStores.Contains(origin.Id) && IsOfSameMoment(other, request) && other.AsksTheSameAs(request));

    /// <summary>Whether two requests were asked at the same time.</summary>
    public bool IsOfSameMoment(WorldRequest one, WorldRequest other) =>
        one.Id > 0 && other.Id > 0 && _moments[one.Id - 1] == _moments[other.Id - 1];

    /// <summary>Asks so many requests. Null: nothing crossed a border. Else what did, and everything that led there.</summary>
    public string? Play(int requests)
    {
        // As in an application without one; under the test runner's, what is completed here would go on on the pool.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        using var stopping = new CancellationTokenSource();
        try
        {
            Task[] probing = [.. Probing.Select(probes => probes.RunAsync(stopping.Token))];
            while (Requests.Count <= requests && Watch.Violations.Count == 0)
            {
                Happen();
                Ask();
            }

            stopping.Cancel();
            while (!Array.TrueForAll(probing, static task => task.IsCompleted) && Clock.AdvanceToNextTimer(TimeSpan.FromHours(1)))
            {
                // One that does not listen is left behind when its time is up.
            }

            if (!Array.TrueForAll(probing, static task => task.IsCompletedSuccessfully))
            {
                Watch.Violation($"NO END: the active probes are {string.Join(", ", probing.Select(static task => $"{task.Status} {task.Exception}"))}");
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        return Watch.Violations.Count == 0 ? null : ToString();
    }

    /// <summary>The same, told.</summary>
    public static string Tell(int seed, int requests)
    {
        var world = new ResidencyWorld(seed, isTold: true);
        world.Play(requests);
        return world.ToString();
    }

    public override string ToString() => $"""
        Seed {Seed}: {string.Join("\n  ", Watch.Violations)}
        {_settings}
        {string.Join("\n", _story ?? [])}
        {_ladder.GetService<LadderDescription>()}
        """;

    /// <summary>Time passes, health flaps, operators do what they do.</summary>
    private void Happen()
    {
        if (Draw.Chance(0.5))
        {
            Clock.Advance(Draw.Weighted((4, Draw.Time(1, 1_000)), (4, Draw.Time(1_000, 20_000)), (1, TimeSpan.FromMinutes(10)), (1, TimeSpan.FromHours(12))));
        }

        foreach (var provider in Providers)
        {
            if (Draw.Chance(0.2))
            {
                provider.Mood = Draw.Weighted(
                    (6, Mood.Works), (3, Mood.Fails), (1, Mood.Throttles), (3, Mood.Breaks), (4, Mood.IsSlow), (1, Mood.Hangs), (3, Mood.Flaps));
                _story?.Add($"{provider.Place} {provider.Mood}");
            }
        }

        foreach (var store in Stores)
        {
            store.Mood = Draw.Weighted((12, Mood.Works), (1, Mood.IsSlow), (1, Mood.Fails), (1, Mood.Hangs));
        }

        foreach (var search in Searches)
        {
            search.Mood = Draw.Weighted((6, Mood.Works), (1, Mood.IsSlow), (1, Mood.Fails));
        }

        Switch(0.15, Tally.RegionSwitch);
        foreach (var circuit in _circuits)
        {
            if (circuit.State == CircuitState.Isolated ? Draw.Chance(0.3) : Draw.Chance(0.02))
            {
                _story?.Add($"{circuit} by hand");
                Watch.Count(Tally.Isolation);
                if (circuit.State == CircuitState.Isolated)
                {
                    circuit.Reset();
                }
                else
                {
                    circuit.Isolate();
                }
            }
        }
    }

    /// <summary>Operators act when they like, also while requests are under way.</summary>
    private void Switch(double probability, Tally tally)
    {
        foreach (var one in Operators)
        {
            if (one.Act(probability) is { } what)
            {
                Watch.Count(tally);
                _story?.Add($"{Clock.GetUtcNow():HH:mm:ss.fff} {what}");
            }
        }
    }
}
