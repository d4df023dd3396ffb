using System.Collections.Concurrent;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>The observations of a game day. Thread-safe to write; read after the end.</summary>
internal sealed class GameDayRecord(GameDayScenario scenario, DateTimeOffset startedAt, Func<TimeSpan> now)
{
    private readonly ConcurrentDictionary<GameDayRequest, TimeSpan> _underWay = new(ReferenceEqualityComparer.Instance);
    private long _shed;
    private int _asked;

    public GameDayScenario Scenario { get; } = scenario;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public ConcurrentQueue<GameDayOutcome> Outcomes { get; } = [];

    public ConcurrentQueue<(TimeSpan At, ChatEndpointInfo Endpoint, bool Injected)> Calls { get; } = [];

    public ConcurrentQueue<(TimeSpan At, string Model, string Endpoint)> Openings { get; } = [];

    /// <summary>Started experiments, in the order of the timeline.</summary>
    public List<GameDayExperimentRecord> Experiments { get; } = [];

    public GameDayWitness Witness { get; } = new(scenario.Load.Residencies);

    public int Asked => Volatile.Read(ref _asked);

    public long Shed => Volatile.Read(ref _shed);

    /// <summary>When the last request was sent.</summary>
    public TimeSpan EndedAt { get; set; }

    /// <summary>Why it was stopped early, if it was.</summary>
    public string? AbortReason { get; set; }

    public TimeSpan Now => now();

    /// <summary>A copy of <see cref="Experiments"/>, which may still grow.</summary>
    public GameDayExperimentRecord[] ExperimentsSoFar()
    {
        lock (Experiments)
        {
            return [.. Experiments];
        }
    }

    public IReadOnlyList<string> RunningNames() =>
        [.. ExperimentsSoFar().Where(static one => one.EndedAt is null).Select(static one => one.Step.Experiment.Name)];

    public void OnAsked(GameDayRequest request)
    {
        Interlocked.Increment(ref _asked);
        _underWay[request] = now();
    }

    /// <summary>Records an outcome. Returns false if the request was abandoned before.</summary>
    public bool OnEnded(GameDayOutcome outcome)
    {
        if (!_underWay.TryRemove(outcome.Request, out _))
        {
            return false;
        }

        Outcomes.Enqueue(outcome);
        return true;
    }

    /// <summary>Abandons requests that are still in flight because they ignore their cancellation.</summary>
    public void LeaveBehind()
    {
        foreach (var (request, askedAt) in _underWay)
        {
            OnEnded(new()
            {
                Request = request,
                AskedAt = askedAt,
                End = GameDayEnd.Unfinished,
                EndedAt = now(),
                Failure = "DeafToCancellation",
            });
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

internal sealed record GameDayExperimentRecord(GameDayStep Step, TimeSpan StartedAt)
{
    public TimeSpan? EndedAt { get; set; }

    public ChaosRun? Run { get; set; }
}
