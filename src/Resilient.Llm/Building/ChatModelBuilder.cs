using Microsoft.Extensions.AI;
using Resilient.Llm.Building;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>Configures one model of a ladder.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ChatModelBuilder : ChatPolicyBuilder<ChatModelBuilder>
{
    internal ChatModelBuilder(string name) => Name = name;

    internal string Name { get; }

    /// <summary>Null: undeclared.</summary>
    internal DeclaredPlace? Place { get; private set; }

    internal int? ContextWindow { get; private set; }

    internal ChatCapabilities Capabilities { get; private set; } = ChatCapabilities.All;

    internal Action<ChatOptions>? Configure { get; private set; }

    internal bool TakesProviderFields { get; private set; }

    /// <summary>In the order of addition; empty for a model with one client of its own.</summary>
    internal List<EndpointPlan> Endpoints { get; } = [];

    internal RoutingStrategy? Routing { get; private set; }

    /// <summary>Every place that the model's requests may go to. An endpoint without a region lies where the model does.</summary>
    internal IEnumerable<Endpoint> Identities()
    {
        return Endpoints.Count == 0 ? [In(Place, Name)] : Endpoints.Select(plan => In(plan.Endpoint.Place ?? Place, plan.Endpoint.Name));

        Endpoint In(DeclaredPlace? place, string endpoint) => new(Name, endpoint, place?.Region, place?.Geography);
    }

    /// <summary>
    /// Adds an endpoint of this model: the keyed <see cref="IChatClient"/> "model/endpoint" of the service provider, which keeps owning it.
    /// A model with endpoints has no client of its own; <see cref="RouteBy"/> sets their order.
    /// </summary>
    /// <param name="name">The endpoint's name in reports, for example its region.</param>
    /// <param name="configure">Configures the endpoint.</param>
    public ChatModelBuilder AddEndpoint(string name, Action<ChatEndpointBuilder>? configure = null) =>
        Add(name, ClientSource.Keyed($"{Name}/{name}"), configure);

    /// <summary>Adds an endpoint of this model.</summary>
    /// <param name="name">The endpoint's name in reports, for example its region.</param>
    /// <param name="client">The client. The caller keeps ownership: disposing the ladder does not dispose it.</param>
    /// <param name="configure">Configures the endpoint.</param>
    public ChatModelBuilder AddEndpoint(string name, IChatClient client, Action<ChatEndpointBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return Add(name, new(_ => client, IsOwned: false), configure);
    }

    /// <summary>Adds an endpoint of this model.</summary>
    /// <param name="name">The endpoint's name in reports, for example its region.</param>
    /// <param name="factory">Makes the client, once, when the ladder is built. The ladder disposes it.</param>
    /// <param name="configure">Configures the endpoint.</param>
    public ChatModelBuilder AddEndpoint(
        string name, Func<IServiceProvider, IChatClient> factory, Action<ChatEndpointBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Add(name, new(factory, IsOwned: true), configure);
    }

    /// <summary>Sets the order in which the endpoints are asked.</summary>
    /// <param name="strategy">
    /// Default: <see cref="RoutingStrategy.LowestLatency"/> if the endpoints are in different regions, else
    /// <see cref="RoutingStrategy.Ordered"/>.
    /// </param>
    public ChatModelBuilder RouteBy(RoutingStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        Routing = strategy;
        return this;
    }

    /// <summary>Declares where the model's endpoint lies. Without it no request with a data residency reaches it.</summary>
    /// <param name="region">The provider's name of the region, for example "swedencentral".</param>
    /// <param name="geography">The geography, as named in residencies, for example "EU"; null leaves it undeclared.</param>
    public ChatModelBuilder InRegion(string region, string? geography = null)
    {
        Place = DeclaredPlace.Of(region, geography);
        return this;
    }

    /// <summary>Declares the context window. A conversation too long for one model steps down only to a model declared larger.</summary>
    /// <param name="tokens">In tokens. Range: above zero.</param>
    public ChatModelBuilder WithContextWindow(int tokens)
    {
        if (tokens <= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(tokens), tokens, FormattableString.Invariant(
                    $"Model '{Name}': the context window is {tokens} tokens. Set it above zero, or leave it undeclared."));
        }

        ContextWindow = tokens;
        return this;
    }

    /// <summary>Declares what the model can do. Requests that need other capabilities skip it.</summary>
    /// <param name="capabilities">All its capabilities. Default: <see cref="ChatCapabilities.All"/>.</param>
    public ChatModelBuilder WithCapabilities(ChatCapabilities capabilities)
    {
        if ((capabilities & ~ChatCapabilities.All) != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(capabilities), capabilities,
                $"Model '{Name}': the capabilities are {capabilities}. Combine Tools, Vision and StructuredOutput, or set None.");
        }

        Capabilities = capabilities;
        return this;
    }

    /// <summary>
    /// Changes the options of every request to this model, for example its <c>ModelId</c>. Runs on the attempt's own copy.
    /// </summary>
    /// <param name="configure">Must be thread-safe.</param>
    public ChatModelBuilder ConfigureOptions(Action<ChatOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Configure += configure;
        return this;
    }

    /// <summary>
    /// Passes provider-specific fields to this model even if it is not the first: the caller's <c>ModelId</c>, <c>ConversationId</c>,
    /// <c>ContinuationToken</c> and <c>RawRepresentationFactory</c>. For another model of the same provider and account. Reasoning is not
    /// among them: it goes back to the endpoint that made it.
    /// </summary>
    public ChatModelBuilder AcceptProviderFields()
    {
        TakesProviderFields = true;
        return this;
    }

    /// <summary>Adds a client around the provider's, inside every policy of this library. The first one added is outermost.</summary>
    /// <param name="decorate">Wraps the client. It must pass on the options it is given, or a copy made with <c>Clone()</c>.</param>
    public ChatModelBuilder Use(Func<IChatClient, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Use((client, _) => decorate(client));
    }

    /// <inheritdoc cref="Use(Func{IChatClient, IChatClient})"/>
    public ChatModelBuilder Use(Func<IChatClient, IServiceProvider, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Change<OwnClients>(own => own.All.Add(decorate));
    }

    /// <summary>Adds an endpoint that is the keyed client of its name, unless code supplies another one.</summary>
    internal void Declare(ChatEndpointBuilder endpoint) =>
        Endpoints.Add(new(endpoint, ClientSource.Keyed($"{Name}/{endpoint.Name}"), AwaitsClient: true));

    private ChatModelBuilder Add(string name, ClientSource source, Action<ChatEndpointBuilder>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var declared = Endpoints.FindIndex(plan => plan.AwaitsClient && plan.Endpoint.Name == name);
        var endpoint = declared < 0 ? new(Name, name) : Endpoints[declared].Endpoint;
        configure?.Invoke(endpoint);
        if (declared < 0)
        {
            Endpoints.Add(new(endpoint, source));
        }
        else
        {
            Endpoints[declared] = new(endpoint, source);
        }

        return this;
    }
}
