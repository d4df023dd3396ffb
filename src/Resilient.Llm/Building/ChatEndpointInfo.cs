namespace Resilient.Llm;

/// <summary>Which endpoint a client stands for.</summary>
/// <param name="Model">The model, as configured.</param>
/// <param name="Endpoint">The endpoint; of a model with only one, the model's name.</param>
/// <param name="Region">The region, as declared; null when it was not.</param>
/// <param name="Geography">The geography, as declared; null when it was not.</param>
public sealed record ChatEndpointInfo(string Model, string Endpoint, string? Region, string? Geography);
