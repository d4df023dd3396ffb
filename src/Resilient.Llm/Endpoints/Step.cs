using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>
/// A candidate of the ladder, as configured: an endpoint of a model (<see cref="Client"/>), or code of ours (<see cref="Local"/>).
/// </summary>
internal sealed class Step
{
    /// <summary>The model's name, or that of our own code.</summary>
    public string Name => Endpoint.Model;

    public required Endpoint Endpoint { get; init; }

    /// <summary>The level of the ladder: endpoints of one model share one. The first is 0.</summary>
    public required int Level { get; init; }

    /// <summary>The model's client; null for code of ours.</summary>
    public IChatClient? Client
    {
        get;
        init
        {
            field = value;
            Calls = value is null ? null : OutcomeChatClient.Of(value);
            Availability = value is null ? null : AvailabilityOf.Client(value);
        }
    }

    /// <summary><see cref="Client"/> for plain calls, whose failures come back as values.</summary>
    public IOutcomeChatClient? Calls { get; private init; }

    /// <summary>Our own code; null for a model.</summary>
    public ILocalStep? Local { get; private init; }

    /// <summary>The layer of <see cref="Client"/> that can be asked before it is called; null when there is none.</summary>
    public IAvailability? Availability { get; private init; }

    public ChatFailureClassifier Classifier { get; init; } = ChatFailureClassifier.Default;

    /// <summary>In tokens; null when undeclared.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>What the model can do; everything when undeclared.</summary>
    public ChatCapabilities Capabilities { get; init; } = ChatCapabilities.All;

    /// <summary>What the model changes about the options of every request.</summary>
    public Action<ChatOptions>? Configure { get; init; }

    /// <summary>When another model is asked as well; null: never.</summary>
    public HedgeTrigger? Hedging { get; init; }

    /// <summary>Extra calls of the endpoint: retries, hedges, and continuations where no other model is left. Null: not limited.</summary>
    public RetryBudget? RetryBudget { get; init; }

    /// <summary>The times of the endpoint's recent calls; null where they are not measured.</summary>
    public EndpointLatency? Latency { get; init; }

    /// <summary>The share of the traffic, in proportion to those of the model's other endpoints.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether fields that belong to one provider are meant for this model although it is not the first.</summary>
    public bool AcceptsProviderFields { get; init; }

    /// <summary>Whether it is asked with fields that belong to one provider: the first model always is.</summary>
    public bool TakesProviderFields => AcceptsProviderFields || Level == 0;

    /// <summary>The answer to "would a call be let through now?".</summary>
    public Availability Check() => Availability?.Check() ?? Endpoints.Availability.Open;

    /// <summary>Code of ours, in the geography where the application runs; null when undeclared.</summary>
    public static Step Code(ILocalStep local, int level, string? geography = null) =>
        new() { Endpoint = new(local.Name, null, null, geography), Level = level, Local = local };
}
