using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Pipelines;
using Resilient.Llm.RateLimiting;
using Resilient.Llm.Retries;
using Resilient.Llm.Timeouts;

namespace Resilient.Llm.Building;

/// <summary>
/// The layers of an endpoint's chain, outermost first. This is the only place that defines their order. Below the last one are the guard
/// and the provider's client.
/// </summary>
internal static class EndpointLayers
{
    public static IReadOnlyList<EndpointLayer> All { get; } =
    [
        new FailureLayer(),
        new RetryLayer(),
        new HedgingLayer(),
        new RateLimitLayer(),
        new CircuitBreakerLayer(),
        new TimeoutLayer(),
        new JudgeLayer(),
        new PipelineLayer(),
        new OwnClientLayer(),
        new InnermostLayer(),
    ];
}
