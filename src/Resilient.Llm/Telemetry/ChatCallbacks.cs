namespace Resilient.Llm.Telemetry;

/// <summary>The application's callbacks. They run on the request's path: they must be quick and thread-safe.</summary>
internal sealed record ChatCallbacks
{
    public Action<ChatRetryEvent>? OnRetry { get; init; }

    public Action<ChatFallbackEvent>? OnFallback { get; init; }

    public Action<ChatCircuitEvent>? OnCircuitChanged { get; init; }

    public Action<ChatCompletedEvent>? OnCompleted { get; init; }

    public Action<ResidencyAuditEvent>? OnResidencyAudit { get; init; }
}
