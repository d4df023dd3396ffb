namespace Resilient.Llm.Requests;

/// <summary>A model's endpoint as declared in the configuration, or a local step, which has no endpoint.</summary>
internal sealed record Endpoint(string Model, string? Name, string? Region = null, string? Geography = null)
{
    /// <summary>"model" or "model/endpoint", for messages and metrics.</summary>
    public string DisplayName { get; } = Name is null || Model == Name ? Model : $"{Model}/{Name}";
}
