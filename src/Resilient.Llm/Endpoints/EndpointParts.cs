using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Endpoints;

/// <summary>What the layers of one endpoint share while its chain is composed.</summary>
internal sealed class EndpointParts
{
    public required Endpoint Endpoint { get; init; }

    public required EndpointPolicies Policies { get; init; }

    public required ChatFailureClassifier Classifier { get; init; }

    public required EndpointLatency Latency { get; init; }

    public required RetryBudget RetryBudget { get; init; }

    /// <summary>The switch of the region; null where no region is declared.</summary>
    public required RegionSwitch? Region { get; init; }

    /// <summary>Null where no active probes were asked for.</summary>
    public EndpointTraffic? Traffic { get; init; }

    /// <summary>Whether there is another candidate among the models that a hedge can ask.</summary>
    public required bool HasHedgeCandidate { get; init; }

    public required IServiceProvider Services { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required Func<double> Randomizer { get; init; }

    public required ChatEvents Events { get; init; }
}
