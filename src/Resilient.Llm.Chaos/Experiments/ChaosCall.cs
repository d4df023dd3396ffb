namespace Resilient.Llm.Chaos.Experiments;

/// <summary>What a chaos point knows of a call.</summary>
/// <param name="Endpoint">The endpoint of a model; null for a dependency.</param>
/// <param name="Dependency">The name of the point; null for a model.</param>
/// <param name="Tenant">Whose call it is; null: it has no tenant.</param>
/// <param name="IsStreaming">Whether a stream was asked for.</param>
internal readonly record struct ChaosCall(ChatEndpointInfo? Endpoint, string? Dependency, string? Tenant, bool IsStreaming);
