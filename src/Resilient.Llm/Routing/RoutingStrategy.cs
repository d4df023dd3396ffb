using Resilient.Llm.Endpoints;
using Resilient.Llm.Routing;

namespace Resilient.Llm;

/// <summary>The order in which the endpoints of a model are asked. Derive from it for a custom order.</summary>
/// <remarks>
/// A strategy states a preference only. What may be asked at all (residency, circuits, remaining time) is decided before it; when an
/// endpoint fails, the next one in the order is asked, then the next model. Instances are shared by all requests of a model: they must be
/// thread-safe and quick.
/// </remarks>
public abstract class RoutingStrategy
{
    /// <summary>Gets the order in which they were added: a primary region and its stand-ins.</summary>
    public static RoutingStrategy Ordered { get; } = new OrderedRouting();

    /// <summary>
    /// Gets the nearest first: the application's own region (<c>RunsIn</c>), then its geography, then the rest, each in order of addition.
    /// </summary>
    public static RoutingStrategy Nearest { get; } = new NearestRouting();

    /// <summary>Gets a random order in proportion to the weights (<c>WithWeight</c>): all endpoints share the traffic.</summary>
    public static RoutingStrategy Weighted { get; } = new WeightedRouting();

    /// <summary>
    /// Gets the fastest first, by recent times to first content (plain: to the answer). Others are tried now and then to measure them.
    /// </summary>
    public static RoutingStrategy LowestLatency { get; } = new LowestLatencyRouting();

    /// <summary>
    /// Gets whether all requests get the same order. Then each session stays with one endpoint anyway and
    /// <see cref="ResilientChatOptions.SessionKey"/> has no effect; else the session key is applied before the strategy.
    /// </summary>
    /// <value>Default: false. True for <see cref="Ordered"/> and <see cref="Nearest"/>.</value>
    public virtual bool IsSteady => false;

    /// <summary>
    /// Whether an endpoint whose break is over goes first for the request that gets its probe permit. For orders based on traffic, which
    /// would give it none.
    /// </summary>
    internal virtual bool PutsTrialsFirst => false;

    /// <summary>Orders the endpoints of a model for one request.</summary>
    /// <param name="endpoints">The endpoints, in the order in which they were added. Reorder them in place; none may be lost.</param>
    /// <param name="context">What is known of the request, and the source of randomness.</param>
    public abstract void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context);
}

/// <summary>An endpoint, as a <see cref="RoutingStrategy"/> sees it.</summary>
public sealed class RoutedEndpoint
{
    /// <summary>Creates an endpoint outside a ladder, for tests of a strategy.</summary>
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

    /// <summary>Gets the name, as configured.</summary>
    public string Name { get; }

    /// <summary>Gets the declared region; null when undeclared.</summary>
    public string? Region { get; }

    /// <summary>Gets the declared geography; null when undeclared.</summary>
    public string? Geography { get; }

    /// <summary>Gets the weight, as configured.</summary>
    public double Weight { get; }

    internal Step? Step { get; }
}

/// <summary>What a <see cref="RoutingStrategy"/> may know of a request.</summary>
/// <param name="Region">Where the application runs; null when undeclared.</param>
/// <param name="Geography">The geography in which it runs; null when undeclared.</param>
/// <param name="IsStreaming">Whether the request is a stream.</param>
/// <param name="Randomness">Yields numbers from 0 up to, not including, 1. Use no other source, so that simulations repeat.</param>
/// <param name="Latency">An endpoint's recent time to first content of a stream, or to a plain answer; null while unknown.</param>
public sealed record EndpointRoutingContext(
    string? Region, string? Geography, bool IsStreaming, Func<double> Randomness, Func<RoutedEndpoint, TimeSpan?> Latency);
