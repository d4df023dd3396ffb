using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Whether a call lies within the blast radius of an experiment.</summary>
internal static class BlastRadiusMatch
{
    /// <summary>Whether the radius says anything of models.</summary>
    public static bool NamesModels(this ChaosBlastRadius radius) =>
        radius.Models.Count > 0 || radius.Endpoints.Count > 0 || radius.Regions.Count > 0 || radius.Geographies.Count > 0;

    /// <summary>Whether an endpoint lies within it, for any caller.</summary>
    public static bool Reaches(this ChaosBlastRadius radius, ChatEndpointInfo endpoint) =>
        (radius.NamesModels() || radius.Dependencies.Count == 0)
        && Holds(radius.Models, endpoint.Model, StringComparison.Ordinal)
        && Holds(radius.Endpoints, endpoint.Endpoint, StringComparison.Ordinal)
        && Holds(radius.Regions, endpoint.Region, StringComparison.OrdinalIgnoreCase)
        && Holds(radius.Geographies, endpoint.Geography, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a call lies within it.</summary>
    /// <param name="radius">The radius.</param>
    /// <param name="call">The call.</param>
    /// <param name="salt">The hash of the experiment's name: another experiment hits other tenants.</param>
    /// <param name="randomizer">Asked only where calls without a tenant are to be hit in part.</param>
    public static bool Covers(this ChaosBlastRadius radius, in ChaosCall call, ulong salt, Func<double> randomizer)
    {
        var reaches = call.Endpoint is { } endpoint
            ? radius.Reaches(endpoint)
            : call.Dependency is { } dependency && Contains(radius.Dependencies, dependency, StringComparison.Ordinal);
        return reaches
            && Holds(radius.Tenants, call.Tenant, StringComparison.Ordinal)
            && (radius.Share >= 1 || (call.Tenant is { } tenant ? UnitOf(tenant, salt) : randomizer()) < radius.Share);
    }

    /// <summary>The place of a tenant between 0 and 1: the same in every process.</summary>
    private static double UnitOf(string tenant, ulong salt) => (StableHash.Of(tenant, salt) >> 11) * (1.0 / (1UL << 53));

    private static bool Holds(IReadOnlyList<string> names, string? name, StringComparison comparison) =>
        names.Count == 0 || (name is not null && Contains(names, name, comparison));

    // By hand: LINQ would allocate at every call.
    private static bool Contains(IReadOnlyList<string> names, string name, StringComparison comparison)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], name, comparison))
            {
                return true;
            }
        }

        return false;
    }
}
