using Microsoft.Extensions.AI;
using Resilient.Llm.Building;

namespace Resilient.Llm;

/// <summary>Configures one endpoint of a model: the same model in another region or account.</summary>
/// <remarks>
/// Policies inherit from the model's, and those from the ladder's. Every endpoint has its own circuit, limiter and budget. Not thread-safe.
/// </remarks>
public sealed class ChatEndpointBuilder : ChatPolicyBuilder<ChatEndpointBuilder>
{
    internal ChatEndpointBuilder(string model, string name) => (Model, Name) = (model, name);

    internal string Model { get; }

    internal string Name { get; }

    /// <summary>Null: undeclared.</summary>
    internal DeclaredPlace? Place { get; private set; }

    internal double Weight { get; private set; } = 1;

    /// <summary>Declares where the endpoint lies. If neither it nor its model does, no request with a data residency reaches it.</summary>
    /// <param name="region">The provider's name of the region, for example "swedencentral".</param>
    /// <param name="geography">The geography, as named in residencies, for example "EU"; null leaves it undeclared.</param>
    public ChatEndpointBuilder InRegion(string region, string? geography = null)
    {
        Place = DeclaredPlace.Of(region, geography);
        return this;
    }

    /// <summary>
    /// Sets the endpoint's share of the traffic under <see cref="RoutingStrategy.Weighted"/>, relative to the other weights.
    /// </summary>
    /// <param name="weight">Default without this: 1. Range: above zero, finite.</param>
    public ChatEndpointBuilder WithWeight(double weight)
    {
        if (!double.IsFinite(weight) || weight <= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(weight), weight, FormattableString.Invariant(
                    $"Endpoint '{Model}/{Name}': the weight is {weight}. ")
                + "Set it above zero; to take an endpoint out of service, isolate its circuit.");
        }

        Weight = weight;
        return this;
    }

    /// <summary>
    /// Adds a client around the endpoint's, inside every policy of this library and inside those of the model. The first one added is
    /// outermost.
    /// </summary>
    /// <param name="decorate">Wraps the client. It must pass on the options it is given, or a copy made with <c>Clone()</c>.</param>
    public ChatEndpointBuilder Use(Func<IChatClient, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Use((client, _) => decorate(client));
    }

    /// <inheritdoc cref="Use(Func{IChatClient, IChatClient})"/>
    public ChatEndpointBuilder Use(Func<IChatClient, IServiceProvider, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Change<OwnClients>(own => own.All.Add(decorate));
    }
}
