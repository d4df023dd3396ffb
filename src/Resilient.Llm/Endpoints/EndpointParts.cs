using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Endpoints;

/// <summary>What the layers of one endpoint share while its chain is composed.</summary>
/// <remarks>
/// <see cref="Region"/> is null where no region is declared, <see cref="Traffic"/> where no active probes were asked for.
/// <see cref="HasHedgeCandidate"/>: whether there is another candidate among the models that a hedge can ask.
/// </remarks>
internal sealed record EndpointParts(
    Endpoint Endpoint,
    EndpointPolicies Policies,
    ChatFailureClassifier Classifier,
    EndpointLatency Latency,
    RetryBudget RetryBudget,
    RegionSwitch? Region,
    EndpointTraffic? Traffic,
    bool HasHedgeCandidate,
    IServiceProvider Services,
    TimeProvider TimeProvider,
    Func<double> Randomizer,
    ChatEvents Events);
