namespace Resilient.Llm;

/// <summary>Who an endpoint is, as declared in the configuration.</summary>
internal sealed record EndpointIdentity(string Model, string Endpoint, string? Region = null, string? Geography = null)
{
    /// <summary>"model" or "model/endpoint": how messages and metrics name it.</summary>
    public string DisplayName { get; } = Model == Endpoint ? Model : $"{Model}/{Endpoint}";
}
