using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Keeps the running experiments in step with those that a configuration section lists.</summary>
/// <remarks>
/// An entry that appears or becomes active is started, one that disappears or becomes inactive is stopped, a changed one is restarted. An
/// experiment that ended stays ended until its entry changes, whatever else is reloaded. Thread-safe: one thread applies changes, others
/// signal that there are more.
/// </remarks>
internal sealed class ChaosReload : IDisposable
{
    private const string By = "configuration";

    private readonly ChaosController _controller;
    private readonly IConfiguration _configuration;
    private readonly IDisposable _subscription;
    private List<string> _complaints = [];
    private Dictionary<string, Applied> _applied = new(StringComparer.Ordinal);
    private bool _isEnabled;
    private bool _hasKilled;
    private int _changes;

    public ChaosReload(ChaosController controller, IConfiguration configuration)
    {
        (_controller, _configuration) = (controller, configuration);
        _isEnabled = ChaosOptionsReader.IsEnabled(configuration);
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Changed);
        Changed();
    }

    public void Dispose() => _subscription.Dispose();

    private void Changed()
    {
        if (Interlocked.Increment(ref _changes) != 1)
        {
            return;
        }

        do
        {
            Volatile.Write(ref _changes, 1);
            try
            {
                Apply();
            }
            catch (Exception exception)
            {
                // An exception from a configuration provider would end the application, because it reloads on its own thread.
                Complain(null, $"the configuration cannot be read ({exception.GetType().Name})", []);
            }
        }
        while (Interlocked.Decrement(ref _changes) != 0);
    }

    private void Apply()
    {
        var complaints = new List<string>();
        Switch(complaints);
        if (_controller.IsEnabled)
        {
            Follow(complaints);
        }

        _complaints = complaints;
    }

    /// <summary>Treats changes of Enabled as the kill switch. Only changes count, because code may have overruled the section.</summary>
    private void Switch(List<string> complaints)
    {
        var wasEnabled = _isEnabled;
        _isEnabled = ChaosOptionsReader.IsEnabled(_configuration);
        if (!_controller.IsEnabled)
        {
            if (_isEnabled && !wasEnabled)
            {
                Complain(
                    null,
                    $"{nameof(ChaosOptions.Enabled)} became true while the application runs. "
                    + "Chaos stays off until it starts again, which is when the environment is checked.",
                    complaints);
            }
        }
        else if (wasEnabled && !_isEnabled && !_controller.IsKilled)
        {
            _hasKilled = true;
            _controller.Kill(By, $"{nameof(ChaosOptions.Enabled)} is no longer true");
        }
        else if (!wasEnabled && _isEnabled && _hasKilled)
        {
            _hasKilled = false;
            _controller.Revive(By);
        }
    }

    private void Follow(List<string> complaints)
    {
        var previous = _applied;
        _applied = Listed(complaints);
        foreach (var (name, old) in previous)
        {
            var now = _applied.GetValueOrDefault(name);
            if (now?.Text != old.Text && old.Run is { } run)
            {
                _controller.End(run, ChaosLogAction.Stopped, By, $"{(now is null ? "no longer" : "changed")} in the configuration");
            }
        }

        foreach (var (name, now) in _applied)
        {
            now.Run = previous.TryGetValue(name, out var old) && old.Text == now.Text ? old.Run : Start(now);
        }
    }

    private Dictionary<string, Applied> Listed(List<string> complaints)
    {
        var listed = new Dictionary<string, Applied>(StringComparer.Ordinal);
        foreach (var section in _configuration.GetSection(ChaosOptionsReader.Experiments).GetChildren())
        {
            try
            {
                var (experiment, isActive) = ChaosExperimentReader.Read(section);
                if (!listed.TryAdd(experiment.Name, new(experiment, isActive, TextOf(section))))
                {
                    Complain(experiment.Name, $"{section.Path} has the name of another experiment. Give it one of its own.", complaints);
                }
            }
            catch (ArgumentException exception)
            {
                Complain(section[nameof(ChaosExperiment.Name)] ?? section.Path, exception.Message, complaints);
            }
        }

        return listed;
    }

    private ChaosRun? Start(Applied entry)
    {
        try
        {
            return entry.IsActive ? _controller.Start(entry.Experiment, By) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // The controller has logged the reason.
            return null;
        }
    }

    /// <summary>Logs a complaint once, not at every reload.</summary>
    private void Complain(string? experiment, string complaint, List<string> complaints)
    {
        complaints.Add(complaint);
        if (!_complaints.Contains(complaint))
        {
            _controller.Refuse(experiment, By, complaint);
        }
    }

    /// <summary>The content of the section, independent of its position in the list.</summary>
    private static string TextOf(IConfigurationSection section) => string.Join('\n', section.AsEnumerable(makePathsRelative: true)
        .OrderBy(static pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(static pair => $"{pair.Key}={pair.Value}"));

    private sealed record Applied(ChaosExperiment Experiment, bool IsActive, string Text)
    {
        public ChaosRun? Run { get; set; }
    }
}
