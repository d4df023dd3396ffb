using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos;

/// <summary>Builds a <see cref="GameDayScenario"/> in code.</summary>
/// <remarks>Not thread-safe. The last setting wins; experiments are added.</remarks>
public sealed class GameDayBuilder
{
    private GameDayScenario _scenario;

    internal GameDayBuilder(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _scenario = new() { Name = name, Duration = TimeSpan.FromMinutes(1) };
    }

    /// <summary>Sets the description.</summary>
    /// <param name="description">The purpose, for readers.</param>
    public GameDayBuilder DescribedAs(string description) => With(_scenario with { Description = description });

    /// <summary>Sets how long requests are sent.</summary>
    /// <param name="duration">Range: above zero to 24 hours. Default: 1 minute.</param>
    public GameDayBuilder Lasting(TimeSpan duration) => With(_scenario with { Duration = duration });

    /// <summary>Sets the expectations.</summary>
    /// <param name="hypothesis">For example <c>new() { Answered = 1, ByModel = 0.9 }</c>.</param>
    public GameDayBuilder Expecting(GameDayHypothesis hypothesis) =>
        With(_scenario with { Hypothesis = hypothesis ?? throw new ArgumentNullException(nameof(hypothesis)) });

    /// <summary>Sets the load.</summary>
    /// <param name="load">The load.</param>
    public GameDayBuilder UnderLoad(GameDayLoad load) =>
        With(_scenario with { Load = load ?? throw new ArgumentNullException(nameof(load)) });

    /// <summary>Sets when the game day stops itself.</summary>
    /// <param name="abort">The conditions.</param>
    public GameDayBuilder AbortingWhen(GameDayAbort abort) =>
        With(_scenario with { Abort = abort ?? throw new ArgumentNullException(nameof(abort)) });

    /// <summary>Adds an experiment.</summary>
    /// <param name="at">The start, from the beginning of the game day.</param>
    /// <param name="experiment">The fault, its target and its duration.</param>
    public GameDayBuilder At(TimeSpan at, ChaosExperiment experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return With(_scenario with { Timeline = [.. _scenario.Timeline, new(at, experiment)] });
    }

    /// <summary>Adds an experiment.</summary>
    /// <param name="at">The start, from the beginning of the game day.</param>
    /// <param name="name">The name, for example "us-east is down".</param>
    /// <param name="duration">The duration.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="target">The targeted calls; null for those of every model.</param>
    public GameDayBuilder At(TimeSpan at, string name, TimeSpan duration, ChaosFault fault, ChaosBlastRadius? target = null) =>
        At(at, new ChaosExperiment { Name = name, Fault = fault, Target = target ?? ChaosBlastRadius.AllModels, Duration = duration });

    /// <summary>Adds an outage of a region: all its endpoints refuse connections.</summary>
    /// <param name="region">The region, as declared with <c>InRegion</c>.</param>
    /// <param name="at">The start, from the beginning of the game day.</param>
    /// <param name="duration">The duration.</param>
    public GameDayBuilder RegionDown(string region, TimeSpan at, TimeSpan duration) =>
        At(at, $"{region} is down", duration, new(ChaosFaultKind.ConnectionRefused), new() { Regions = [region] });

    /// <summary>Adds a latency spike.</summary>
    /// <param name="by">The added latency.</param>
    /// <param name="at">The start, from the beginning of the game day.</param>
    /// <param name="duration">The duration.</param>
    /// <param name="target">The targeted calls; null for those of every model.</param>
    public GameDayBuilder LatencySpike(TimeSpan by, TimeSpan at, TimeSpan duration, ChaosBlastRadius? target = null) =>
        At(at, $"latency spikes to {GameDayText.Of(by)}", duration, ChaosFault.SlowedBy(by), target);

    /// <summary>Makes every model refuse with status 429.</summary>
    /// <param name="at">The start, from the beginning of the game day.</param>
    /// <param name="duration">The duration.</param>
    /// <param name="retryAfter">The reported retry delay; null for none.</param>
    public GameDayBuilder EveryoneGets429(TimeSpan at, TimeSpan duration, TimeSpan? retryAfter = null) =>
        At(at, "everyone gets 429", duration, ChaosFault.RateLimited(retryAfter));

    /// <summary>Severs the connection to a dependency, for example a vector database.</summary>
    /// <param name="dependency">The name of its chaos point.</param>
    /// <param name="at">The start, from the beginning of the game day.</param>
    /// <param name="duration">The duration.</param>
    public GameDayBuilder Sever(string dependency, TimeSpan at, TimeSpan duration) =>
        At(at, $"sever the connection to {dependency}", duration, new(ChaosFaultKind.Severed), new() { Dependencies = [dependency] });

    /// <summary>Builds the scenario.</summary>
    /// <exception cref="ArgumentException">The scenario is invalid. The message lists all errors.</exception>
    public GameDayScenario Build()
    {
        _scenario.Validate();
        return _scenario;
    }

    private GameDayBuilder With(GameDayScenario scenario)
    {
        _scenario = scenario;
        return this;
    }
}
