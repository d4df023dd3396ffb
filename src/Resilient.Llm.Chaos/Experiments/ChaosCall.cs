namespace Resilient.Llm.Chaos.Experiments;

/// <summary>What a chaos point knows about a call.</summary>
/// <param name="Endpoint">The endpoint of a model; null for a dependency.</param>
/// <param name="Dependency">The name of the chaos point; null for a model.</param>
/// <param name="Tenant">The caller's tenant, if any.</param>
/// <param name="IsStreaming">Whether the call asks for a stream.</param>
internal readonly record struct ChaosCall(ChatEndpointInfo? Endpoint, string? Dependency, string? Tenant, bool IsStreaming);
