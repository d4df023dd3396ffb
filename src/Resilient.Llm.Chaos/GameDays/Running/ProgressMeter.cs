using System.Collections.Concurrent;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Counts for <see cref="GameDayProgress"/>. Thread-safe.</summary>
internal sealed class ProgressMeter(GameDayRecord record, IProgress<GameDayProgress>? progress)
{
    private readonly ConcurrentQueue<GameDayOutcome> _recent = [];
    private int _ended;
    private int _answered;

    public int InFlight => record.Asked - Volatile.Read(ref _ended);

    public void OnEnded(GameDayOutcome outcome)
    {
        if (outcome.IsAnswered)
        {
            Interlocked.Increment(ref _answered);
        }

        Interlocked.Increment(ref _ended);
        if (progress is not null)
        {
            _recent.Enqueue(outcome);
        }
    }

    public void Tell(string happened) => progress?.Report(Now() with { Happened = happened });

    public void Tick()
    {
        if (progress is null)
        {
            return;
        }

        var recent = new List<GameDayOutcome>();
        while (_recent.TryDequeue(out var outcome))
        {
            recent.Add(outcome);
        }

        var times = Percentiles.Sorted(recent.Select(static outcome => outcome.FirstContent).OfType<TimeSpan>());
        progress.Report(Now() with
        {
            Steps = recent.CountBy(static outcome => outcome.Step ?? "failed").ToDictionary(),
            FirstContentP50 = Percentiles.At(times, 0.5),
            FirstContentP99 = Percentiles.At(times, 0.99),
        });
    }

    private GameDayProgress Now()
    {
        var (ended, answered) = (Volatile.Read(ref _ended), Volatile.Read(ref _answered));
        return new()
        {
            Elapsed = record.Now,
            Duration = record.Scenario.Duration,
            Running = record.RunningNames(),
            Asked = record.Asked,
            Answered = answered,
            Failed = ended - answered,
            InFlight = InFlight,
            Shed = record.Shed,
        };
    }
}
