namespace Resilient.Llm.Chaos;

/// <summary>The calls that an experiment may hit: those that meet every condition that is set.</summary>
/// <remarks>Immutable. Names compare ordinally; regions and geographies ignore case.</remarks>
public sealed record ChaosBlastRadius
{
    /// <summary>Gets the radius that contains every model and no dependency.</summary>
    public static ChaosBlastRadius AllModels { get; } = new();

    /// <summary>Gets the names of models. Any condition on models, endpoints, regions or geographies excludes dependencies.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Gets the names of endpoints.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Gets the regions, as declared with <c>InRegion</c>.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Gets the geographies, as declared with <c>InRegion</c>.</summary>
    public IReadOnlyList<string> Geographies { get; init; } = [];

    /// <summary>Gets the dependencies other than models, by chaos point name. If any is named, models must be named too.</summary>
    public IReadOnlyList<string> Dependencies { get; init; } = [];

    /// <summary>Gets the tenants (see <see cref="ChaosOptions.Tenant"/>). If any is named, calls without a tenant are not hit.</summary>
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>
    /// Gets the share of tenants that is hit, by a stable hash: always the same tenants, in every process. Calls without a tenant are drawn
    /// at random.
    /// </summary>
    /// <value>Default: 1. Range: above 0 to 1. An experiment with another name hits other tenants.</value>
    public double Share { get; init; } = 1;
}
