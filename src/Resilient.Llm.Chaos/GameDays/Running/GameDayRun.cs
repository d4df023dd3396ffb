using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Runs one game day.</summary>
internal sealed class GameDayRun : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly GameDayScenario _scenario;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly GameDayRecord _record;
    private readonly GameDayExperiments _experiments;
    private readonly GameDayCaller _caller;
    private readonly AbortWatch _watch;
    private readonly ProgressMeter _meter;
    private readonly GameDayAborting _aborting = new();
    private readonly InFlightRequests _inFlight = new();

    public GameDayRun(IChatClient chat, ChaosController chaos, GameDayScenario scenario, IProgress<GameDayProgress>? progress, string by)
    {
        _scenario = scenario;
        _clock = chaos.Clock;
        _start = _clock.GetTimestamp();
        _record = new(scenario, _clock.GetUtcNow(), Now);
        _meter = new(_record, progress);
        _caller = new(chat, scenario.Load, Now);
        _watch = new(scenario.Abort);
        _experiments = new(chaos, _record, _meter, _aborting, by);
    }

    /// <summary>Runs it to its end, or until it is aborted.</summary>
    public async Task<GameDayRecord> PlayAsync(CancellationToken cancellationToken)
    {
        var person = cancellationToken.UnsafeRegister(
            static aborting => ((GameDayAborting)aborting!).Abort("a person stopped it"), _aborting);
        try
        {
            using (_experiments)
            {
                await AskAsync().ConfigureAwait(false);
                _record.EndedAt = Now();
            }

            await _inFlight.DrainAsync(_clock, _aborting.Token).ConfigureAwait(false);
            _record.LeaveBehind();
            _record.AbortReason = _aborting.Reason;
            _experiments.StopWatching();
            _meter.Tick();
            return _record;
        }
        finally
        {
            // Not Dispose: it would wait for a callback that may be waiting for this method.
            person.Unregister();
        }
    }

    public void Dispose()
    {
        _experiments.Dispose();
        _experiments.StopWatching();
        _inFlight.Dispose();
        _aborting.Dispose();
    }

    private TimeSpan Now() => _clock.GetElapsedTime(_start);

    private async Task AskAsync()
    {
        var steps = new Queue<GameDayStep>(_scenario.Timeline.OrderBy(static step => step.At));
        var arrivals = new GameDayArrivals(_scenario.Load);
        var (next, tick) = (arrivals.Next(), s_tick);
        while (Now() < _scenario.Duration && _aborting.Reason is null)
        {
            for (; steps.TryPeek(out var step) && step.At <= Now() && _aborting.Reason is null; steps.Dequeue())
            {
                _experiments.Start(step);
            }

            for (; next.At <= Now() && next.At < _scenario.Duration && _aborting.Reason is null; next = arrivals.Next())
            {
                Ask(next);
            }

            for (; tick <= Now(); tick += s_tick)
            {
                _meter.Tick();
            }

            var until = new[] { next.At, tick, steps.TryPeek(out var coming) ? coming.At : _scenario.Duration, _scenario.Duration }.Min();
            await WaitAsync(until).ConfigureAwait(false);
        }
    }

    private void Ask(GameDayRequest request)
    {
        if (_meter.InFlight >= _scenario.Load.MaxInFlight)
        {
            _record.OnShed();
            return;
        }

        _record.OnAsked(request);
        _inFlight.Add(AskAsync(request));
    }

    private async Task AskAsync(GameDayRequest request)
    {
        var outcome = await _caller.AskAsync(request, _inFlight.GiveUp).ConfigureAwait(false);
        if (!_record.OnEnded(outcome))
        {
            return;
        }

        _meter.OnEnded(outcome);
        if (outcome.End != GameDayEnd.Unfinished && _watch.Note(outcome.EndedAt, outcome.IsAnswered) is { } reason)
        {
            _aborting.Abort(reason);
        }
    }

    private async Task WaitAsync(TimeSpan until)
    {
        try
        {
            var left = (long)Math.Ceiling((until - Now()).TotalSeconds * _clock.TimestampFrequency);
            await _clock.DelayUntilAsync(_clock.GetTimestamp() + left, _aborting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_aborting.Reason is not null)
        {
            // Wakes the loop. On the system clock, on another thread: the thread that aborts must not run the game day to its end.
            if (_clock.IsRealTime())
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }
    }
}
