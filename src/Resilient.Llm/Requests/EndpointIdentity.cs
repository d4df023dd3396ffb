namespace Resilient.Llm;

/// <summary>Who answers: a model's endpoint as declared in the configuration, or a rung of our own, which has no endpoint.</summary>
internal sealed record EndpointIdentity(string Model, string? Endpoint, string? Region = null, string? Geography = null)
{
    /// <summary>"model" or "model/endpoint": how messages and metrics name it.</summary>
    public string DisplayName { get; } = Endpoint is null || Model == Endpoint ? Model : $"{Model}/{Endpoint}";
}
