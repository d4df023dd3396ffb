namespace Resilient.Llm;

/// <summary>Who did not get a request's data because of its residency.</summary>
/// <param name="Step">The rung: a model as configured, "cache" or "last-resort".</param>
/// <param name="Endpoint">Its endpoint, store or search.</param>
/// <param name="Geography">Where that lies; null when undeclared.</param>
/// <param name="Reason">Why, in words: names from the configuration and geographies.</param>
public sealed record ResidencyRefusal(string Step, string? Endpoint, string? Geography, string Reason);
