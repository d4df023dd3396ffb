namespace Resilient.Llm;

/// <summary>A place that did not get a request's data because of its residency.</summary>
/// <param name="Step">The step: a model as configured, "cache" or "last-resort".</param>
/// <param name="Endpoint">Its endpoint, store or search.</param>
/// <param name="Geography">The geography of that place; null when undeclared.</param>
/// <param name="Reason">Why, in words: configured names and geographies.</param>
public sealed record ResidencyRefusal(string Step, string? Endpoint, string? Geography, string Reason);
