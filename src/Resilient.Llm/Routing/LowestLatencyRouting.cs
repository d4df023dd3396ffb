namespace Resilient.Llm.Routing;

/// <remarks>
/// Epsilon-greedy exploration (R. Sutton, A. Barto, "Reinforcement Learning", 2018, 2.2): one request in fifty goes to a random endpoint,
/// so that each is measured from time to time. An unmeasured endpoint goes first, but not one that was asked and has never answered. So
/// does one whose break is over: its times are outdated,
/// and with few requests a random choice would leave it out of service for minutes.
/// </remarks>
internal sealed class LowestLatencyRouting : RoutingStrategy
{
    internal const double Exploration = 0.02;

    internal override bool PutsTrialsFirst => true;

    public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
    {
        Span<long> times = endpoints.Length <= 32 ? stackalloc long[endpoints.Length] : new long[endpoints.Length];
        for (var i = 0; i < endpoints.Length; i++)
        {
            times[i] = endpoints[i].Step?.Refusals is { HasOnlyFailed: true } ? long.MaxValue : context.Latency(endpoints[i])?.Ticks ?? -1;
        }

        times.Sort(endpoints);
        var draw = context.Randomness();
        if (draw < Exploration)
        {
            // The rest of the same draw chooses the endpoint.
            var chosen = (int)(draw / Exploration * endpoints.Length);
            (endpoints[0], endpoints[chosen]) = (endpoints[chosen], endpoints[0]);
        }
    }
}
