namespace Resilient.Llm.Routing;

/// <remarks>
/// Draws without replacement, so that the stand-ins of a failing endpoint are chosen in proportion too: each draws an exponentially
/// distributed time with its weight as the rate, and the earliest goes first (P. Efraimidis, P. Spirakis, "Weighted random sampling with a
/// reservoir", 2006).
/// </remarks>
internal sealed class WeightedRouting : RoutingStrategy
{
    public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
    {
        Span<double> times = endpoints.Length <= 32 ? stackalloc double[endpoints.Length] : new double[endpoints.Length];
        for (var i = 0; i < endpoints.Length; i++)
        {
            // One minus a number below one is never zero.
            times[i] = -Math.Log(1 - context.Randomness()) / endpoints[i].Weight;
        }

        times.Sort(endpoints);
    }
}
