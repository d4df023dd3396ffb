namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Starts the experiments of a game day, records their ends and the controller's events, and stops those that are left.</summary>
internal sealed class GameDayExperiments : IDisposable
{
    private readonly ChaosController _chaos;
    private readonly GameDayRecord _record;
    private readonly ProgressMeter _meter;
    private readonly GameDayAborting _aborting;
    private readonly string _by;
    private readonly CancellationTokenRegistration _onAbort;

    public GameDayExperiments(ChaosController chaos, GameDayRecord record, ProgressMeter meter, GameDayAborting aborting, string by)
    {
        (_chaos, _record, _meter, _aborting, _by) = (chaos, record, meter, aborting, by);
        chaos.Logged += OnLogged;
        chaos.Traffic.Called += record.OnCalled;
        chaos.Traffic.CircuitChanged += OnCircuitChanged;
        chaos.Traffic.Sent += record.Witness.OnSent;
        chaos.Traffic.Searched += record.Witness.OnSearched;

        // Immediately, on the thread that aborts, without waiting for the loop.
        _onAbort = aborting.Token.UnsafeRegister(static experiments => ((GameDayExperiments)experiments!).StopAll(), this);
    }

    public void Start(GameDayStep step)
    {
        var experiment = new GameDayExperimentRecord(step, _record.Now);
        lock (_record.Experiments)
        {
            _record.Experiments.Add(experiment);
        }

        try
        {
            experiment.Run = _chaos.Start(step.Experiment, _by);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            lock (_record.Experiments)
            {
                _record.Experiments.Remove(experiment);
            }

            _aborting.Abort($"'{step.Experiment.Name}' could not be started: {exception.Message}");
        }
    }

    /// <summary>Stops the experiments that still run.</summary>
    public void Dispose()
    {
        _onAbort.Unregister();
        StopAll();
    }

    public void StopWatching()
    {
        _chaos.Logged -= OnLogged;
        _chaos.Traffic.Called -= _record.OnCalled;
        _chaos.Traffic.CircuitChanged -= OnCircuitChanged;
        _chaos.Traffic.Sent -= _record.Witness.OnSent;
        _chaos.Traffic.Searched -= _record.Witness.OnSearched;
    }

    private void StopAll()
    {
        foreach (var experiment in _record.ExperimentsSoFar())
        {
            experiment.Run?.Dispose();
        }
    }

    private void OnCircuitChanged(ChatCircuitEvent change)
    {
        _record.OnCircuitChanged(change);
        _meter.Tell($"circuit {GameDayText.Place(change.Model, change.Endpoint)}: {change.From} -> {change.To} ({change.Reason})");
    }

    private void OnLogged(ChaosLogEntry entry)
    {
        if (entry is { Action: ChaosLogAction.Killed, Experiment: null })
        {
            _aborting.Abort($"{entry.By} pressed the kill switch{(entry.Reason is null ? "" : $": {entry.Reason}")}");
            return;
        }

        if (_record.ExperimentsSoFar().FirstOrDefault(
            one => one.EndedAt is null && one.Step.Experiment.Name == entry.Experiment) is not { } experiment)
        {
            return;
        }

        if (entry.Action == ChaosLogAction.Started)
        {
            _meter.Tell($"{entry.Experiment}: started ({GameDayText.Of(experiment.Step.Experiment)})");
        }
        else if (entry.Action is ChaosLogAction.Stopped or ChaosLogAction.Expired or ChaosLogAction.GuardTripped or ChaosLogAction.Killed)
        {
            experiment.EndedAt = _record.Now;
            _meter.Tell(
                $"{entry.Experiment}: over"
                + $"{(entry.Action == ChaosLogAction.GuardTripped ? $", stopped by its guard: {entry.Reason}" : "")}");
        }
    }
}
