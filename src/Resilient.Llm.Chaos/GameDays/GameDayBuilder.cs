using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos;

/// <summary>Puts a <see cref="GameDayScenario"/> together in code.</summary>
/// <remarks>Not thread-safe. What is said last holds; steps add up.</remarks>
public sealed class GameDayBuilder
{
    private GameDayScenario _scenario;

    internal GameDayBuilder(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _scenario = new() { Name = name, Duration = TimeSpan.FromMinutes(1) };
    }

    /// <summary>Says what it is to show.</summary>
    /// <param name="description">For readers.</param>
    public GameDayBuilder DescribedAs(string description) => With(_scenario with { Description = description });

    /// <summary>Sets how long requests are asked.</summary>
    /// <param name="duration">Range: above zero to 24 hours. Default: 1 minute.</param>
    public GameDayBuilder Lasting(TimeSpan duration) => With(_scenario with { Duration = duration });

    /// <summary>Sets what is expected to hold.</summary>
    /// <param name="hypothesis">For example <c>new() { Answered = 1, ByModel = 0.9 }</c>.</param>
    public GameDayBuilder Expecting(GameDayHypothesis hypothesis) =>
        With(_scenario with { Hypothesis = hypothesis ?? throw new ArgumentNullException(nameof(hypothesis)) });

    /// <summary>Sets who asks, and how often.</summary>
    /// <param name="load">The load.</param>
    public GameDayBuilder UnderLoad(GameDayLoad load) =>
        With(_scenario with { Load = load ?? throw new ArgumentNullException(nameof(load)) });

    /// <summary>Sets when it stops itself.</summary>
    /// <param name="abort">The conditions.</param>
    public GameDayBuilder AbortingWhen(GameDayAbort abort) =>
        With(_scenario with { Abort = abort ?? throw new ArgumentNullException(nameof(abort)) });

    /// <summary>Adds an experiment.</summary>
    /// <param name="at">When it starts, after the beginning.</param>
    /// <param name="experiment">What goes wrong, for which calls and for how long.</param>
    public GameDayBuilder At(TimeSpan at, ChaosExperiment experiment)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        return With(_scenario with { Timeline = [.. _scenario.Timeline, new(at, experiment)] });
    }

    /// <summary>Adds an experiment.</summary>
    /// <param name="at">When it starts, after the beginning.</param>
    /// <param name="name">What it is called, for example "us-east is down".</param>
    /// <param name="duration">For how long.</param>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="target">Which calls; null: those of every model.</param>
    public GameDayBuilder At(TimeSpan at, string name, TimeSpan duration, ChaosFault fault, ChaosBlastRadius? target = null) =>
        At(at, new ChaosExperiment { Name = name, Fault = fault, Target = target ?? ChaosBlastRadius.AllModels, Duration = duration });

    /// <summary>A region goes down: "us-east is down". All its endpoints refuse connections.</summary>
    /// <param name="region">As declared with <c>InRegion</c>.</param>
    /// <param name="at">When, after the beginning.</param>
    /// <param name="duration">For how long.</param>
    public GameDayBuilder RegionDown(string region, TimeSpan at, TimeSpan duration) =>
        At(at, $"{region} is down", duration, new(ChaosFaultKind.ConnectionRefused), new() { Regions = [region] });

    /// <summary>Calls take longer: "latency spikes to 10 s".</summary>
    /// <param name="by">How much is added.</param>
    /// <param name="at">When, after the beginning.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="target">Which calls; null: those of every model.</param>
    public GameDayBuilder LatencySpike(TimeSpan by, TimeSpan at, TimeSpan duration, ChaosBlastRadius? target = null) =>
        At(at, $"latency spikes to {GameDayText.Of(by)}", duration, ChaosFault.SlowedBy(by), target);

    /// <summary>Every model refuses with 429: "everyone gets 429".</summary>
    /// <param name="at">When, after the beginning.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="retryAfter">When they say to come back; null: they do not say.</param>
    public GameDayBuilder EveryoneGets429(TimeSpan at, TimeSpan duration, TimeSpan? retryAfter = null) =>
        At(at, "everyone gets 429", duration, ChaosFault.RateLimited(retryAfter));

    /// <summary>A dependency cannot be reached: "sever the connection to the vector DB".</summary>
    /// <param name="dependency">The name of its chaos point.</param>
    /// <param name="at">When, after the beginning.</param>
    /// <param name="duration">For how long.</param>
    public GameDayBuilder Sever(string dependency, TimeSpan at, TimeSpan duration) =>
        At(at, $"sever the connection to {dependency}", duration, new(ChaosFaultKind.Severed), new() { Dependencies = [dependency] });

    /// <summary>The scenario.</summary>
    /// <exception cref="ArgumentException">It cannot be played: the message lists why.</exception>
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
