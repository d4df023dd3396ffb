namespace Resilient.Llm.Routing;

/// <remarks>
/// Exploration is epsilon-greedy (R. Sutton, A. Barto, "Reinforcement Learning", 2018, 2.2): one request in fifty goes to an endpoint drawn by lot, so that of several endpoints each is measured
/// again from time to time. An endpoint that has not been measured yet goes first, and so does one whose break is over: its times are those of before, and waiting for the lot
/// to fall on it would leave it out of service for minutes where requests are few.
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
            times[i] = context.Latency(endpoints[i])?.Ticks ?? -1;
        }

        times.Sort(endpoints);
        var draw = context.Randomness();
        if (draw < Exploration)
        {
            // The rest of the same draw says who.
            var chosen = (int)(draw / Exploration * endpoints.Length);
            (endpoints[0], endpoints[chosen]) = (endpoints[chosen], endpoints[0]);
        }
    }
}
