using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Probes;

/// <summary>An endpoint as the probes know it: what the composer hands over, and nothing that requests change.</summary>
/// <param name="Endpoint">Its names and where it lies.</param>
/// <param name="Client">Its chain but for the retries, whose place the next look takes: rate limit, circuit breaker, timeout, …, guard.</param>
/// <param name="Availability">The same chain, to be asked.</param>
/// <param name="Breaker">Its circuit.</param>
/// <param name="Classifier">Its failure table.</param>
/// <param name="Configure">What the model changes about the options of every request.</param>
/// <param name="Traffic">When requests last called it.</param>
internal sealed record ProbeTarget(
    Endpoint Endpoint,
    IChatClient Client,
    IAvailability Availability,
    CircuitBreaker Breaker,
    ChatFailureClassifier Classifier,
    Action<ChatOptions>? Configure,
    EndpointTraffic Traffic);

/// <summary>What the probes of one ladder have in common.</summary>
/// <param name="Options">A copy of their own.</param>
/// <param name="Residency">Where they may go: the ladder's policy and the probes' own, intersected.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Events">Who is told.</param>
internal sealed record ProbePlan(ChatProbeOptions Options, DataResidency Residency, TimeProvider TimeProvider, ChatEvents Events)
{
    public ProbeBudget Budget { get; } = new(Options.MaxProbesPerMinute, TimeProvider);
}
