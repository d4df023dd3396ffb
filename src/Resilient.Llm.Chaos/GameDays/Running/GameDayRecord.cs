using System.Collections.Concurrent;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Everything that was seen of a game day. Thread-safe while it is written; read when it is over.</summary>
internal sealed class GameDayRecord(GameDayScenario scenario, DateTimeOffset startedAt, Func<TimeSpan> now)
{
    private readonly ConcurrentDictionary<GameDayRequest, TimeSpan> _underWay = new(ReferenceEqualityComparer.Instance);
    private long _shed;
    private int _asked;

    public GameDayScenario Scenario { get; } = scenario;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public ConcurrentQueue<GameDayOutcome> Outcomes { get; } = [];

    public ConcurrentQueue<(TimeSpan At, ChatEndpointInfo Endpoint, bool Injected)> Calls { get; } = [];

    /// <summary>Circuits that opened.</summary>
    public ConcurrentQueue<(TimeSpan At, string Model, string Endpoint)> Openings { get; } = [];

    /// <summary>What was started: in the order of the timeline.</summary>
    public List<GameDayExperimentRecord> Experiments { get; } = [];

    public GameDayWitness Witness { get; } = new(scenario.Load.Residencies);

    public int Asked => Volatile.Read(ref _asked);

    public long Shed => Volatile.Read(ref _shed);

    /// <summary>When no more was asked.</summary>
    public TimeSpan EndedAt { get; set; }

    /// <summary>Why it was stopped early; null: it was not.</summary>
    public string? AbortReason { get; set; }

    public TimeSpan Now => now();

    /// <summary>A copy of <see cref="Experiments"/>, while it may grow.</summary>
    public GameDayExperimentRecord[] ExperimentsSoFar()
    {
        lock (Experiments)
        {
            return [.. Experiments];
        }
    }

    public IReadOnlyList<string> RunningNames() => [.. ExperimentsSoFar().Where(static one => one.EndedAt is null).Select(static one => one.Step.Experiment.Name)];

    public void OnAsked(GameDayRequest request)
    {
        Interlocked.Increment(ref _asked);
        _underWay[request] = now();
    }

    /// <summary>Notes what became of a request. False: it was left behind meanwhile, and is no part of this any more.</summary>
    public bool OnEnded(GameDayOutcome outcome)
    {
        if (!_underWay.TryRemove(outcome.Request, out _))
        {
            return false;
        }

        Outcomes.Enqueue(outcome);
        return true;
    }

    /// <summary>Gives up those that are still under way, being deaf to their cancellation.</summary>
    public void LeaveBehind()
    {
        foreach (var (request, askedAt) in _underWay)
        {
            OnEnded(new() { Request = request, AskedAt = askedAt, End = GameDayEnd.Unfinished, EndedAt = now(), Failure = "DeafToCancellation" });
        }
    }

    public void OnShed() => Interlocked.Increment(ref _shed);

    public void OnCalled(ChatEndpointInfo endpoint, bool injected) => Calls.Enqueue((now(), endpoint, injected));

    public void OnCircuitChanged(ChatCircuitEvent change)
    {
        if (change.To == CircuitState.Open)
        {
            Openings.Enqueue((now(), change.Model, change.Endpoint));
        }
    }
}

/// <summary>An experiment of a game day as it was run.</summary>
internal sealed record GameDayExperimentRecord(GameDayStep Step, TimeSpan StartedAt)
{
    /// <summary>When it ended; null while it runs.</summary>
    public TimeSpan? EndedAt { get; set; }

    public ChaosRun? Run { get; set; }
}
