using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.Faults;

namespace Resilient.Llm.Chaos;

/// <content>Starts, injects and ends experiments.</content>
public sealed partial class ChaosController
{
    /// <summary>Ends a run once. Returns whether this call ended it.</summary>
    internal bool End(ChaosRun run, ChaosLogAction how, string by, string? reason) => End(other => other == run, how, by, reason) > 0;

    private ChaosRun Begin(ChaosExperiment experiment, string by)
    {
        ChaosRun run;
        ChaosLogEntry entry;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            RequireStartable(experiment);

            // Timers are armed under the lock, so that an immediate end finds and disposes them.
            run = new(this, experiment, by);
            _running = [.. _running, run];
            entry = _log.Note(ChaosLogAction.Started, experiment.Name, by, null);
        }

        ChaosMetrics.Started(experiment);
        _log.Tell(entry);
        return run;
    }

    private void RequireStartable(ChaosExperiment experiment)
    {
        var isTwin = Array.Exists(_running, run => run.Experiment.Name == experiment.Name);
        var obstacle =
            !IsEnabled ? $"cannot start: chaos is off. Set {nameof(ChaosOptions)}.{nameof(ChaosOptions.Enabled)} to true."
            : _isKilled ? $"cannot start: the kill switch is pressed. Release it with {nameof(Revive)}."
            : isTwin ? "runs already. Stop it first, or give this one another name."
            : null;
        if (obstacle is not null)
        {
            throw new InvalidOperationException($"Chaos experiment '{experiment.Name}' {obstacle}");
        }
    }

    /// <summary>The running experiments. Ends those whose time is over, because timers may be late.</summary>
    private ChaosRun[] Current()
    {
        foreach (var run in _running)
        {
            run.ExpireIfOver();
        }

        return _running;
    }

    private ChaosInjection? InjectAny(in ChaosCall call)
    {
        foreach (var run in _running)
        {
            if (run.Inject(call, _randomizer) is { } injection)
            {
                ChaosMetrics.Injected(run.Experiment, call);
                _log.Injected(run.Experiment.Name, injection.Fault.Kind, call.Dependency ?? call.Endpoint?.Endpoint ?? string.Empty);
                return injection;
            }
        }

        return null;
    }

    private int End(Predicate<ChaosRun> which, ChaosLogAction how, string by, string? reason)
    {
        ChaosRun[] ended;
        var entries = new List<ChaosLogEntry>();
        lock (_lock)
        {
            ended = Array.FindAll(_running, which);
            _running = [.. _running.Except(ended)];
            if (how == ChaosLogAction.Killed)
            {
                _isKilled = true;
                entries.Add(_log.Note(how, null, by, reason));
            }

            foreach (var run in ended)
            {
                run.End(how);
                entries.Add(_log.Note(how, run.Experiment.Name, by, reason));
            }
        }

        // All runs are released before the entries are logged.
        Array.ForEach(ended, Release);
        entries.ForEach(_log.Tell);
        return ended.Length;
    }

    private void Release(ChaosRun run)
    {
        ChaosMetrics.Ended(run.Experiment);
        try
        {
            run.Release();
        }
        catch (Exception exception)
        {
            // Foreign code continued on this thread and threw. The other runs still have to be released.
            _log.WaitFailed(run.Experiment.Name, exception);
        }
    }
}
