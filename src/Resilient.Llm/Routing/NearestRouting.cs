namespace Resilient.Llm.Routing;

internal sealed class NearestRouting : RoutingStrategy
{
    public override bool IsSteady => true;

    public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
    {
        // Insertion sort: stable, and the lists are short.
        for (var i = 1; i < endpoints.Length; i++)
        {
            var endpoint = endpoints[i];
            var distance = Distance(endpoint, context);
            var place = i;
            for (; place > 0 && Distance(endpoints[place - 1], context) > distance; place--)
            {
                endpoints[place] = endpoints[place - 1];
            }

            endpoints[place] = endpoint;
        }
    }

    private static int Distance(RoutedEndpoint endpoint, EndpointRoutingContext here) =>
        IsSame(endpoint.Region, here.Region) ? 0 : IsSame(endpoint.Geography, here.Geography) ? 1 : 2;

    private static bool IsSame(string? one, string? other) =>
        one is not null && string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
