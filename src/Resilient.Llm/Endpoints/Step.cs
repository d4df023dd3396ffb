using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>
/// A configured step of the ladder: an endpoint of a model (<see cref="Client"/>), or code of ours (<see cref="Local"/>).
/// </summary>
internal sealed class Step
{
    public string Name => Endpoint.Model;

    public required Endpoint Endpoint { get; init; }

    /// <summary>The level in the ladder, from 0. The endpoints of one model share a level.</summary>
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

    /// <summary>The client that the application gave for the model; null for code of ours.</summary>
    public IChatClient? Given
    {
        get => field ?? Client;
        init;
    }

    /// <summary><see cref="Client"/> for plain calls, with failures as values.</summary>
    public IOutcomeChatClient? Calls { get; private init; }

    /// <summary>Our own code; null for a model.</summary>
    public ILocalStep? Local { get; private init; }

    /// <summary>The outermost layer of <see cref="Client"/> that can be asked before it is called; null if there is none.</summary>
    public IAvailability? Availability { get; private init; }

    public ChatFailureClassifier Classifier { get; init; } = ChatFailureClassifier.Default;

    /// <summary>In tokens; null when undeclared.</summary>
    public int? ContextWindow { get; init; }

    public ChatCapabilities Capabilities { get; init; } = ChatCapabilities.All;

    public Action<ChatOptions>? Configure { get; init; }

    /// <summary>When to hedge; null: never.</summary>
    public HedgeTrigger? Hedging { get; init; }

    /// <summary>Extra calls of the endpoint: retries, hedges, and continuations if no other model is left. Null: not limited.</summary>
    public RetryBudget? RetryBudget { get; init; }

    /// <summary>The times of the endpoint's recent calls; null if they are not measured.</summary>
    public EndpointLatency? Latency { get; init; }

    /// <summary>The share of the traffic, relative to the model's other endpoints.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether provider-specific fields are meant for this model although it is not the first.</summary>
    public bool AcceptsProviderFields { get; init; }

    /// <summary>Whether it is called with provider-specific fields: the first model always is.</summary>
    public bool TakesProviderFields => AcceptsProviderFields || Level == 0;

    public Availability Check() => Availability?.Check() ?? Endpoints.Availability.Open;

    /// <summary>Code of ours, in the geography where the application runs; null when undeclared.</summary>
    public static Step Code(ILocalStep local, int level, string? geography = null) =>
        new() { Endpoint = new(local.Name, null, null, geography), Level = level, Local = local };
}
