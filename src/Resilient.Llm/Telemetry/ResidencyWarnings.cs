using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Telemetry;

/// <summary>Warnings at start-up: residencies that no model can serve, and endpoints that no request can reach.</summary>
internal static class ResidencyWarnings
{
    public static void Write(ILogger logger, ResidencyMap map)
    {
        foreach (var reach in map.Reaches)
        {
            if (reach.Geography is { } geography && !reach.Places.Any(static place => place.Kind == ResidencyPlaceKind.Endpoint))
            {
                logger.LogNoEndpoint(geography, map.Policy);
            }
        }

        var reached = map.ReachOf(DataResidency.Anywhere);
        foreach (var place in map.Places.Select(static p => p.Place))
        {
            if (place.Kind == ResidencyPlaceKind.Endpoint && !reached.Contains(place))
            {
                logger.LogUnreachable(place.Name, place.Geography ?? "undeclared", map.Policy);
            }
        }
    }
}
