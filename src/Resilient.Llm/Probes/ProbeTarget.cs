using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Probes;

/// <summary>An endpoint for the probes, without anything that requests change.</summary>
/// <remarks>
/// The client is the endpoint's chain without the retries, which the next check replaces: rate limit, circuit breaker, timeout, …, guard.
/// Its availability is that of the same chain.
/// </remarks>
internal sealed record ProbeTarget(
    Endpoint Endpoint,
    IChatClient Client,
    IAvailability Availability,
    CircuitBreaker Breaker,
    ChatFailureClassifier Classifier,
    Action<ChatOptions>? Configure,
    EndpointTraffic Traffic);

/// <summary>The common settings of one ladder's probes. The residency is the intersection of the ladder's policy and theirs.</summary>
internal sealed record ProbePlan(ChatProbeOptions Options, DataResidency Residency, TimeProvider TimeProvider, ChatEvents Events)
{
    public ProbeBudget Budget { get; } = new(Options.MaxProbesPerMinute, TimeProvider);
}
