using Resilient.Llm.Endpoints;
using Resilient.Llm.Routing;

namespace Resilient.Llm;

/// <summary>In which order the endpoints of a model are asked. Derive from it for an order of your own.</summary>
/// <remarks>
/// A strategy only states a preference. Before it comes what may be asked at all (residency, circuits, the time that is left), after it what happens when an endpoint fails:
/// the next one in the order, then the next model. Instances are shared by all requests of a model: they must be thread-safe, and quick.
/// </remarks>
public abstract class RoutingStrategy
{
    /// <summary>In the order in which they were added: a primary region and its stand-ins.</summary>
    public static RoutingStrategy Ordered { get; } = new OrderedRouting();

    /// <summary>Nearest to where the application runs (<c>RunsIn</c>): its own region, then its geography, then the rest, each in the order in which they were added.</summary>
    public static RoutingStrategy Nearest { get; } = new NearestRouting();

    /// <summary>By chance, in proportion to their weights (<c>WithWeight</c>): all of them work at the same time.</summary>
    public static RoutingStrategy Weighted { get; } = new WeightedRouting();

    /// <summary>
    /// The one that has shown first content (plain: answered) fastest of late. Now and then another one goes first, so that one which has become faster is noticed.
    /// </summary>
    public static RoutingStrategy LowestLatency { get; } = new LowestLatencyRouting();

    /// <summary>
    /// Whether all requests get the same order. Then each session stays with one endpoint anyway, and <see cref="ResilientChatOptions.SessionKey"/> changes nothing; else it comes before the strategy.
    /// </summary>
    /// <value>Default: false. True for <see cref="Ordered"/> and <see cref="Nearest"/>.</value>
    public virtual bool IsSteady => false;

    /// <summary>
    /// Whether an endpoint whose break is over goes first, for the one request that gets its probe permit: for an order that goes by what traffic shows, and would give it none.
    /// </summary>
    internal virtual bool PutsTrialsFirst => false;

    /// <summary>Puts the endpoints of a model into the order in which one request is to ask them.</summary>
    /// <param name="endpoints">The endpoints, in the order in which they were added. To be reordered in place; none may be lost.</param>
    /// <param name="context">What is known of the request, and chance.</param>
    public abstract void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context);
}

/// <summary>An endpoint, as a <see cref="RoutingStrategy"/> sees it.</summary>
public sealed class RoutedEndpoint
{
    /// <summary>Creates one; outside of a ladder, for tests of a strategy.</summary>
    /// <param name="name">The endpoint's name.</param>
    /// <param name="region">Its region; null when undeclared.</param>
    /// <param name="geography">Its geography; null when undeclared.</param>
    /// <param name="weight">Its weight.</param>
    public RoutedEndpoint(string name, string? region = null, string? geography = null, double weight = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        Region = region;
        Geography = geography;
        Weight = weight;
    }

    internal RoutedEndpoint(Step step)
        : this(step.Endpoint.Name ?? step.Name, step.Endpoint.Region, step.Endpoint.Geography, step.Weight) => Step = step;

    /// <summary>The name, as configured.</summary>
    public string Name { get; }

    /// <summary>The region, as declared; null when it was not.</summary>
    public string? Region { get; }

    /// <summary>The geography, as declared; null when it was not.</summary>
    public string? Geography { get; }

    /// <summary>The weight, as configured.</summary>
    public double Weight { get; }

    internal Step? Step { get; }
}

/// <summary>What a <see cref="RoutingStrategy"/> may know of a request.</summary>
/// <param name="Region">Where the application runs; null when undeclared.</param>
/// <param name="Geography">The geography in which it runs; null when undeclared.</param>
/// <param name="IsStreaming">Whether the request is a stream.</param>
/// <param name="Randomness">Yields numbers from 0 up to, not including, 1. Use no other chance: simulations repeat by it.</param>
/// <param name="Latency">How long an endpoint has taken of late to the first content of a stream, or to a plain answer; null while nothing is known.</param>
public sealed record EndpointRoutingContext(
    string? Region, string? Geography, bool IsStreaming, Func<double> Randomness, Func<RoutedEndpoint, TimeSpan?> Latency);
