using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Telemetry;

/// <summary>The application's callbacks. They run on the request's path: they must be quick and thread-safe.</summary>
internal sealed record ChatCallbacks
{
    public Action<ChatRetryEvent>? OnRetry { get; init; }

    public Action<ChatFallbackEvent>? OnFallback { get; init; }

    public Action<ChatCircuitEvent>? OnCircuitChanged { get; init; }

    public Action<ChatCompletedEvent>? OnCompleted { get; init; }

    public Action<ResidencyAuditEvent>? OnResidencyAudit { get; init; }

    /// <summary>The same callbacks. Their exceptions are logged and swallowed: reporting must not fail a request.</summary>
    public ChatCallbacks Guarded(ILogger logger) => new()
    {
        OnRetry = Guarded(OnRetry, logger),
        OnFallback = Guarded(OnFallback, logger),
        OnCircuitChanged = Guarded(OnCircuitChanged, logger),
        OnCompleted = Guarded(OnCompleted, logger),
        OnResidencyAudit = Guarded(OnResidencyAudit, logger),
    };

    private static Action<TEvent>? Guarded<TEvent>(Action<TEvent>? callbacks, ILogger logger) => callbacks is null ? null : raised =>
    {
        // One by one: a callback that throws must not hide the next.
        foreach (var callback in Delegate.EnumerateInvocationList(callbacks))
        {
            try
            {
                callback(raised);
            }
            catch (Exception exception)
            {
                logger.LogCallbackFailed(typeof(TEvent).Name, exception.GetType().Name);
            }
        }
    };
}
