namespace Resilient.Llm.Tests;

/// <summary>An order by chance: whatever a strategy of the application prefers, the rule comes first.</summary>
internal sealed class RoutingByChance(Draw draw) : RoutingStrategy
{
    public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
    {
        for (var i = endpoints.Length - 1; i > 0; i--)
        {
            var other = draw.Int(0, i);
            (endpoints[i], endpoints[other]) = (endpoints[other], endpoints[i]);
        }
    }
}

/// <summary>A strategy of an application that breaks its contract now and then. Such a request may fail, but its data goes nowhere else for that.</summary>
internal sealed class HostileRouting(ResidencyWorld world) : RoutingStrategy
{
    private readonly List<RoutedEndpoint> _seen = [];
    private readonly RoutingByChance _byChance = new(world.Draw);

    public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
    {
        foreach (var endpoint in endpoints)
        {
            if (!_seen.Contains(endpoint))
            {
                _seen.Add(endpoint);
            }
        }

        _byChance.Order(endpoints, context);
        if (!world.Draw.Chance(0.2))
        {
            return;
        }

        if (WorldRequest.Asking is { } request)
        {
            world.Watch.CountBound(Tally.HostileRouting, request);
        }

        switch (world.Draw.Int(0, 4))
        {
            case 0:
                throw new HostileRoutingException();
            case 1:
                endpoints.Fill(endpoints[0]);
                break;
            case 2:
                endpoints[0] = null!;
                break;
            case 3:
                endpoints[0] = new("invented", "here", "EU");
                break;
            default:
                // Perhaps one of another model, or of another ladder.
                endpoints[0] = world.Draw.One([.. _seen]);
                break;
        }
    }
}

internal sealed class HostileRoutingException : Exception;
