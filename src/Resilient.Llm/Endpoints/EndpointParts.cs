using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Endpoints;

/// <summary>What the layers of one endpoint share while its chain is composed.</summary>
/// <remarks>
/// <see cref="Region"/> is null without a declared region, <see cref="Traffic"/> without active probes. <see cref="HasHedgeCandidate"/>:
/// whether a hedge can ask another endpoint.
/// </remarks>
internal sealed record EndpointParts(
    Endpoint Endpoint,
    EndpointPolicies Policies,
    ChatFailureClassifier Classifier,
    EndpointLatency Latency,
    RetryBudget RetryBudget,
    RefusalWatch Refusals,
    RegionSwitch? Region,
    EndpointTraffic? Traffic,
    bool HasHedgeCandidate,
    IServiceProvider Services,
    TimeProvider TimeProvider,
    Func<double> Randomizer,
    ChatEvents Events);
