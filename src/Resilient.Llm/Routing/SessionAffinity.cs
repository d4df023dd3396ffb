using Resilient.Llm.Shared;

namespace Resilient.Llm.Routing;

/// <summary>
/// The order of a model's endpoints for one session: stable per session, and in proportion to the weights over all sessions.
/// </summary>
/// <remarks>
/// Rendezvous hashing (D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions on Networking 6,
/// 1998): when an endpoint is lost only its own sessions move, each to its second choice, and they return with it. Weights as in C.
/// Schindelhauer, G. Schomaker, "Weighted Distributed Hash Tables" (SPAA 2005): -ln(u)/w, smallest first.
/// </remarks>
internal static class SessionAffinity
{
    public static void Order(Span<RoutedEndpoint> endpoints, string sessionKey)
    {
        var session = StableHash.Of(sessionKey);
        Span<double> distances = endpoints.Length <= 16 ? stackalloc double[endpoints.Length] : new double[endpoints.Length];
        for (var i = 0; i < endpoints.Length; i++)
        {
            // 53 bits: a number between 0 and 1, both excluded.
            var chance = ((StableHash.Of(endpoints[i].Name, session) >> 11) + 0.5) / (1UL << 53);
            distances[i] = -Math.Log(chance) / endpoints[i].Weight;
        }

        distances.Sort(endpoints);
    }
}
