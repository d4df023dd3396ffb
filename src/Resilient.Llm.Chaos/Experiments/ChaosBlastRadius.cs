namespace Resilient.Llm.Chaos;

/// <summary>Which calls an experiment may hit. Every condition that is set must hold; one that is empty holds for all.</summary>
/// <remarks>Immutable. Names compare ordinally; regions and geographies ignore case.</remarks>
public sealed record ChaosBlastRadius
{
    /// <summary>Every model, and no dependency.</summary>
    public static ChaosBlastRadius AllModels { get; } = new();

    /// <summary>Models, by name. Setting any of models, endpoints, regions or geographies leaves dependencies out.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Endpoints, by name.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Regions, as declared with <c>InRegion</c>.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Geographies, as declared with <c>InRegion</c>.</summary>
    public IReadOnlyList<string> Geographies { get; init; } = [];

    /// <summary>Dependencies other than models, by the name of their chaos point. When any is named, models are left out unless they are named too.</summary>
    public IReadOnlyList<string> Dependencies { get; init; } = [];

    /// <summary>Tenants: <see cref="ResilientChatOptions.CachePartition"/> unless <see cref="ChaosOptions.Tenant"/> says otherwise. Calls without a tenant are left out when any is named.</summary>
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>Which part of tenants (by a stable hash; of calls where a call has no tenant) is hit at all.</summary>
    /// <value>Default: 1. Range: above 0 to 1. Unlike <see cref="ChaosExperiment.Rate"/> it is the same tenants at every call and in every process; of another experiment's name, others.</value>
    public double Share { get; init; } = 1;
}
