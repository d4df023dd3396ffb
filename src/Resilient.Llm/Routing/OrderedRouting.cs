namespace Resilient.Llm.Routing;

internal sealed class OrderedRouting : RoutingStrategy
{
    public override bool IsSteady => true;

    public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
    {
        // They are in order already.
    }
}
