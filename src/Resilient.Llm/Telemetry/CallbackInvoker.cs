using Microsoft.Extensions.Logging;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>Invokes the application's callbacks, with the public event of each.</summary>
/// <remarks>
/// An event is created only where a callback is set. An exception of a callback is logged and swallowed: reporting must not fail a request.
/// </remarks>
internal sealed class CallbackInvoker(ChatCallbacks callbacks, ILogger logger)
{
    public void Retry(Endpoint? endpoint, int retry, FailureKind failure, TimeSpan delay) => Invoke(
        callbacks.OnRetry, static (e, r, f, d) => new ChatRetryEvent(e?.Model, e?.Name, r, f, d), endpoint, retry, failure, delay);

    public void Fallback(Endpoint from, FailureKind failure, Exception exception) => Invoke(
        callbacks.OnFallback,
        static (m, f, e, _) => new ChatFallbackEvent(m, f, e.GetType().Name, null),
        from.Model, failure, exception, 0);

    public void PassedOver(Endpoint step, FailureKind failure, string reason) => Invoke(
        callbacks.OnFallback, static (m, f, r, _) => new ChatFallbackEvent(m, f, null, r), step.Model, failure, reason, 0);

    public void CircuitChanged(Endpoint endpoint, CircuitTransition change) => Invoke(
        callbacks.OnCircuitChanged,
        static (e, c, _, _) => new ChatCircuitEvent(e.Model, e.Name ?? e.Model, c.From, c.To, c.Reason, c.BreakDuration),
        endpoint, change, 0, 0);

    public void Completed(RequestContext context, FailureKind? failure) => Invoke(
        callbacks.OnCompleted,
        static (c, f, _, _) => new ChatCompletedEvent(c.ToReport(withAttempts: true), f, c.IsStreaming),
        context, failure, 0, 0);

    public void ResidencyAudit(RequestContext context, FailureKind? failure, bool isRefused) => Invoke(
        callbacks.OnResidencyAudit,
        static (c, f, refused, _) =>
            new ResidencyAuditEvent(c.Residency, c.ToReport(withAttempts: true), [.. c.Audit.Refusals], refused, f, c.IsStreaming),
        context, failure, isRefused, 0);

    // Four arguments instead of a closure: nothing is allocated where no callback is set.
    private void Invoke<TEvent, T1, T2, T3, T4>(
        Action<TEvent>? callback, Func<T1, T2, T3, T4, TEvent> create, T1 first, T2 second, T3 third, T4 fourth)
    {
        if (callback is null)
        {
            return;
        }

        try
        {
            callback(create(first, second, third, fourth));
        }
        catch (Exception exception)
        {
            logger.LogCallbackFailed(typeof(TEvent).Name, exception.GetType().Name);
        }
    }
}
