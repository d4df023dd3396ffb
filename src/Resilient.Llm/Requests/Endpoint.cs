namespace Resilient.Llm.Requests;

/// <summary>Who answers: a model's endpoint as declared in the configuration, or a rung of our own, which has no endpoint.</summary>
internal sealed record Endpoint(string Model, string? Name, string? Region = null, string? Geography = null)
{
    /// <summary>"model" or "model/endpoint": how messages and metrics name it.</summary>
    public string DisplayName { get; } = Name is null || Model == Name ? Model : $"{Model}/{Name}";
}
