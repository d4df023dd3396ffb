using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Probes;

/// <summary>An endpoint as the probes know it: what the composer hands over, and nothing that requests change.</summary>
/// <remarks>
/// The client is the endpoint's chain without the retries, whose place the next look takes: rate limit, circuit breaker, timeout, …, guard.
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

/// <summary>What the probes of one ladder have in common. The residency is the ladder's policy and the probes' own, intersected.</summary>
internal sealed record ProbePlan(ChatProbeOptions Options, DataResidency Residency, TimeProvider TimeProvider, ChatEvents Events)
{
    public ProbeBudget Budget { get; } = new(Options.MaxProbesPerMinute, TimeProvider);
}
