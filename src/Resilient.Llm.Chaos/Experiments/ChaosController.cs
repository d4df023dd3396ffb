using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos;

/// <summary>Starts and stops experiments while the application runs.</summary>
/// <remarks>Thread-safe. One for an application; every chaos point asks it at each call, which costs a read of one field while nothing runs.</remarks>
/// <param name="options">Whether and where.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="randomizer">The chance.</param>
public sealed class ChaosController(ChaosOptions options, TimeProvider? timeProvider = null, Func<double>? randomizer = null) : IDisposable
{
    private readonly List<ChaosRun> _runs = [];

    internal TimeProvider Clock { get; } = timeProvider ?? TimeProvider.System;

    internal ChaosTraffic Traffic { get; } = new();

    internal bool IsActive => _runs.Count > 0;

    /// <summary>Starts an experiment.</summary>
    /// <param name="experiment">What.</param>
    /// <param name="by">Who.</param>
    public ChaosRun Start(ChaosExperiment experiment, string by)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        var run = new ChaosRun(experiment, Clock, run => _runs.Remove(run));
        _runs.Add(run);
        return run;
    }

    /// <summary>Stops an experiment.</summary>
    /// <param name="name">Which.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why.</param>
    public bool Stop(string name, string by, string? reason = null)
    {
        var run = _runs.Find(run => run.Experiment.Name == name);
        run?.Dispose();
        return run is not null;
    }

    /// <summary>A chaos point of the application's own.</summary>
    /// <param name="dependency">Its name.</param>
    /// <param name="ct">The caller's.</param>
    public ValueTask PassAsync(string dependency, CancellationToken ct = default) =>
        Inject(new(null, dependency, null, false)) is { } injection ? ChaosPass.PassAsync(injection, Clock, ct) : default;

    /// <inheritdoc/>
    public void Dispose() => _runs.ToList().ForEach(static run => run.Dispose());

    internal string? TenantOf(ChatOptions? asked) => options.Tenant is { } tenant ? tenant(asked) : (asked as ResilientChatOptions)?.CachePartition;

    /// <summary>What is to be done to this call; null: nothing.</summary>
    internal ChaosInjection? Inject(in ChaosCall call)
    {
        foreach (var run in _runs)
        {
            var target = run.Experiment.Target;
            var reaches = call.Endpoint is { } endpoint
                ? target.Dependencies.Count == 0 && (target.Models.Count == 0 || target.Models.Contains(endpoint.Model))
                    && (target.Endpoints.Count == 0 || target.Endpoints.Contains(endpoint.Endpoint)) && (target.Regions.Count == 0 || target.Regions.Contains(endpoint.Region))
                    && (target.Tenants.Count == 0 || target.Tenants.Contains(call.Tenant))
                : target.Dependencies.Contains(call.Dependency);
            if (reaches && randomizer!() < run.Experiment.Rate)
            {
                return new(run.Experiment.Fault, run.Experiment.Fault.Latency?.Draw(randomizer) ?? TimeSpan.Zero, run.Ended);
            }
        }

        return null;
    }
}

/// <summary>A running experiment.</summary>
public sealed class ChaosRun : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ITimer _timer;
    private readonly Action<ChaosRun> _over;

    internal ChaosRun(ChaosExperiment experiment, TimeProvider clock, Action<ChaosRun> over)
    {
        Experiment = experiment;
        _over = over;
        _timer = clock.CreateTimer(static run => ((ChaosRun)run!).Dispose(), this, experiment.Duration, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What.</summary>
    public ChaosExperiment Experiment { get; }

    /// <summary>Cancelled at its end.</summary>
    public CancellationToken Ended => _end.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _over(this);
        _end.Cancel();
    }
}

internal sealed class ChaosTraffic
{
    public int Requests { get; private set; }

    public int Calls { get; private set; }

    public void OnCalled(ChatEndpointInfo endpoint, bool injected) => Calls++;

    public void OnCompleted(ChatCompletedEvent completed) => Requests++;

    public int Changes { get; private set; }

    public void OnCircuitChanged(ChatCircuitEvent change) => Changes++;
}
