namespace Resilient.Llm;

/// <summary>Which endpoint a client stands for.</summary>
/// <param name="Model">The model, as configured.</param>
/// <param name="Endpoint">The endpoint; the model's name if the model has only one.</param>
/// <param name="Region">The declared region; null when undeclared.</param>
/// <param name="Geography">The declared geography; null when undeclared.</param>
public sealed record ChatEndpointInfo(string Model, string Endpoint, string? Region, string? Geography);
