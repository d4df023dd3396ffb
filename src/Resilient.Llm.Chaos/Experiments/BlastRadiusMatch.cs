using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Decides whether a call lies within the blast radius of an experiment.</summary>
internal static class BlastRadiusMatch
{
    /// <summary>Whether the radius has any condition on models.</summary>
    public static bool NamesModels(this ChaosBlastRadius radius) =>
        radius.Models.Count > 0 || radius.Endpoints.Count > 0 || radius.Regions.Count > 0 || radius.Geographies.Count > 0;

    /// <summary>Whether the radius contains an endpoint, for any caller.</summary>
    public static bool Reaches(this ChaosBlastRadius radius, ChatEndpointInfo endpoint) =>
        (radius.NamesModels() || radius.Dependencies.Count == 0)
        && Holds(radius.Models, endpoint.Model, StringComparison.Ordinal)
        && Holds(radius.Endpoints, endpoint.Endpoint, StringComparison.Ordinal)
        && Holds(radius.Regions, endpoint.Region, StringComparison.OrdinalIgnoreCase)
        && Holds(radius.Geographies, endpoint.Geography, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the radius contains a call.</summary>
    /// <remarks>
    /// The salt is the hash of the experiment's name, so that experiments hit different tenants. The randomizer is only used for calls
    /// without a tenant.
    /// </remarks>
    public static bool Covers(this ChaosBlastRadius radius, in ChaosCall call, ulong salt, Func<double> randomizer)
    {
        var reaches = call.Endpoint is { } endpoint
            ? radius.Reaches(endpoint)
            : call.Dependency is { } dependency && Contains(radius.Dependencies, dependency, StringComparison.Ordinal);
        return reaches
            && Holds(radius.Tenants, call.Tenant, StringComparison.Ordinal)
            && (radius.Share >= 1 || (call.Tenant is { } tenant ? UnitOf(tenant, salt) : randomizer()) < radius.Share);
    }

    /// <summary>Maps a tenant to a number from 0 to 1, the same in every process.</summary>
    private static double UnitOf(string tenant, ulong salt) => (StableHash.Of(tenant, salt) >> 11) * (1.0 / (1UL << 53));

    private static bool Holds(IReadOnlyList<string> names, string? name, StringComparison comparison) =>
        names.Count == 0 || (name is not null && Contains(names, name, comparison));

    // No LINQ: it would allocate on every call.
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
