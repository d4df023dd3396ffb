namespace Resilient.Llm.Chaos;

/// <summary>One thing done wrong on purpose, to some calls, for some time.</summary>
/// <remarks>Immutable.</remarks>
public sealed record ChaosExperiment
{
    /// <summary>The name by which it is stopped and told of.</summary>
    public required string Name { get; init; }

    /// <summary>What is done.</summary>
    public required ChaosFault Fault { get; init; }

    /// <summary>Which calls it may hit.</summary>
    /// <value>Default: every model.</value>
    public ChaosBlastRadius Target { get; init; } = ChaosBlastRadius.AllModels;

    /// <summary>To which part of the calls that it may hit.</summary>
    /// <value>Default: 1, all of them. Range: above 0 to 1.</value>
    public double Rate { get; init; } = 1;

    /// <summary>When it ends by itself, whatever else happens.</summary>
    /// <value>Default: 5 minutes. Range: above zero to <see cref="ChaosOptions.MaxDuration"/>.</value>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>What stops it early.</summary>
    /// <value>Default: null, nothing but its time and people.</value>
    public ChaosGuard? Guard { get; init; }
}
