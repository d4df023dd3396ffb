namespace Resilient.Llm;

internal sealed class OrderedRouting : RoutingStrategy
{
    public override bool IsSteady => true;

    public override void Order(Span<RoutedEndpoint> endpoints, RoutingContext context)
    {
        // They are in order already.
    }
}
