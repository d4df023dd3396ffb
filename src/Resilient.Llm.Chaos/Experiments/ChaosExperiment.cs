namespace Resilient.Llm.Chaos;

/// <summary>A fault that is injected into some calls for a limited time.</summary>
/// <remarks>Immutable.</remarks>
public sealed record ChaosExperiment
{
    /// <summary>Gets the unique name, used to stop the experiment and in the log.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the fault to inject.</summary>
    public required ChaosFault Fault { get; init; }

    /// <summary>Gets the calls that the experiment may hit.</summary>
    /// <value>Default: every model.</value>
    public ChaosBlastRadius Target { get; init; } = ChaosBlastRadius.AllModels;

    /// <summary>Gets the share of the targeted calls that is hit.</summary>
    /// <value>Default: 1, all of them. Range: above 0 to 1.</value>
    public double Rate { get; init; } = 1;

    /// <summary>Gets the time after which the experiment always ends.</summary>
    /// <value>Default: 5 minutes. Range: above zero to <see cref="ChaosOptions.MaxDuration"/>.</value>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets the conditions that stop the experiment early.</summary>
    /// <value>Default: null, none.</value>
    public ChaosGuard? Guard { get; init; }
}
