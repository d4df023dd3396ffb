using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>A candidate of the ladder, as configured: an endpoint of a model, or a piece of code of ours.</summary>
internal sealed class Step
{
    private Step(string name, Endpoint endpoint)
    {
        Name = name;
        Endpoint = endpoint;
    }

    public string Name { get; }

    public Endpoint Endpoint { get; }

    /// <summary>The model's client; null for a local rung.</summary>
    public IChatClient? Client { get; private init; }

    /// <summary>Our own code; null for a model.</summary>
    public ILocalStep? Local { get; private init; }

    /// <summary>The step of the ladder that it stands on: endpoints of one model share one. The first is 0.</summary>
    public int Level { get; init; }

    /// <summary>The share of the traffic, in proportion to those of the model's other endpoints.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>How long the endpoint took of late; null where nobody measures it.</summary>
    public EndpointLatency? Latency { get; init; }

    public IAvailability? Availability { get; private init; }

    public ChatFailureClassifier Classifier { get; private init; } = ChatFailureClassifier.Default;

    /// <summary>In tokens; null when undeclared.</summary>
    public int? ContextWindow { get; private init; }

    /// <summary>What the model can do; everything when undeclared.</summary>
    public ChatCapabilities Capabilities { get; private init; } = ChatCapabilities.All;

    /// <summary>What the model changes about the options of every request.</summary>
    public Action<ChatOptions>? Configure { get; private init; }

    /// <summary>When another model is asked as well; null: never.</summary>
    public HedgeTrigger? Hedging { get; private init; }

    /// <summary>Extra calls of the endpoint: retries, hedges, and continuations where nobody else is left. Null where nobody counts.</summary>
    public RetryBudget? RetryBudget { get; private init; }

    /// <summary>Whether fields that belong to one provider are meant for this model although it is not the first.</summary>
    public bool AcceptsProviderFields { get; private init; }

    public static Step Model(
        Endpoint endpoint,
        int level,
        IChatClient client,
        ChatFailureClassifier? classifier = null,
        int? contextWindow = null,
        Action<ChatOptions>? configure = null,
        bool acceptsProviderFields = false,
        RetryBudget? extraCalls = null,
        HedgeTrigger? hedging = null,
        EndpointLatency? latency = null,
        double weight = 1,
        ChatCapabilities capabilities = ChatCapabilities.All) => new(endpoint.Model, endpoint)
        {
            Level = level,
            Client = client,
            Availability = AvailabilityOf.Client(client),
            Classifier = classifier ?? ChatFailureClassifier.Default,
            ContextWindow = contextWindow,
            Configure = configure,
            AcceptsProviderFields = acceptsProviderFields,
            RetryBudget = extraCalls,
            Hedging = hedging,
            Latency = latency,
            Weight = weight,
            Capabilities = capabilities,
        };

    /// <param name="local">The code.</param>
    /// <param name="level">The step of the ladder that it stands on.</param>
    /// <param name="geography">Where the application runs; null when undeclared.</param>
    public static Step Code(ILocalStep local, int level, string? geography = null) =>
        new(local.Name, new(local.Name, null, null, geography)) { Local = local, Level = level };
}
