using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>Where every decorator reports what it does: logs, metrics and the application's callbacks.</summary>
/// <remarks>A callback that throws is logged and forgotten: telling about a failure must not become one. Thread-safe.</remarks>
internal sealed partial class ChatEvents(ILogger logger, ChatCallbacks callbacks)
{
    /// <summary>For decorators that stand alone: metrics only.</summary>
    public static ChatEvents None { get; } = new(NullLogger.Instance, new());

    public void Retrying(Endpoint? endpoint, int retry, FailureKind failure, TimeSpan delay)
    {
        ChatMetrics.Retries.Add(1, new("model", endpoint?.Model), new("endpoint", endpoint?.Name), new("kind", failure.ToString()));
        LogRetry(endpoint?.DisplayName, retry, failure, delay);
        Tell(callbacks.OnRetry, static (e, r, f, d) => new ChatRetryEvent(e?.Model, e?.Name, r, f, d), endpoint, retry, failure, delay);
    }

    public void Failed(string step, Endpoint? endpoint, FailureKind failure, Exception exception)
    {
        ChatMetrics.Failures.Add(1, new("model", step), new("endpoint", endpoint?.Name), new("kind", failure.ToString()));
        if (failure == FailureKind.Unauthorized)
        {
            LogUnauthorized(step);
        }
        else if (exception is MissingRequestContextException)
        {
            // Its message is ours: names from the configuration, and the mend.
            LogMissingRequestContext(step, exception.Message);
        }
        else if (failure == FailureKind.Unknown)
        {
            LogUnknown(step);
        }
    }

    public void FellBack(Endpoint from, FailureKind failure, Exception exception)
    {
        LogFallback(from.DisplayName, failure, exception.GetType().Name);
        LogException(exception, from.DisplayName);
        Tell(callbacks.OnFallback, static (f, k, e, _) => new ChatFallbackEvent(f, k, e.GetType().Name, null), from.Model, failure, exception, 0);
    }

    public void PassedOver(Endpoint step, FailureKind kind, string reason)
    {
        LogPassedOver(step.DisplayName, reason);
        Tell(callbacks.OnFallback, static (c, k, r, _) => new ChatFallbackEvent(c, k, null, r), step.Model, kind, reason, 0);
    }

    /// <summary>A further model is asked while one that is slow goes on.</summary>
    public void Hedged(Endpoint slow, Endpoint hedge)
    {
        ChatMetrics.Hedges.Add(1, new("model", hedge.Model), new("endpoint", hedge.Name), new("from", slow.Model));
        LogHedged(slow.DisplayName, hedge.DisplayName);
    }

    /// <summary>A hedge answered before those that had been asked earlier.</summary>
    public void HedgeWon(Endpoint hedge)
    {
        ChatMetrics.HedgesWon.Add(1, new("model", hedge.Model), new("endpoint", hedge.Name));
        LogHedgeWon(hedge.DisplayName);
    }

    /// <summary>The caller has the first text of a call that goes on with a broken stream.</summary>
    public void Continued(Endpoint broken, FailureKind failure, Endpoint next)
    {
        ChatMetrics.Continuations.Add(1, new("model", next.Model), new("endpoint", next.Name), new("from", broken.Model));
        LogContinued(broken.DisplayName, failure, next.DisplayName);
    }

    public void Interrupted(Endpoint? broken, FailureKind failure, string why) => LogInterrupted(broken?.DisplayName, failure, why);

    public void CircuitChanged(Endpoint endpoint, CircuitTransition change)
    {
        ChatMetrics.CircuitTransitions.Add(1, new("model", endpoint.Model), new("endpoint", endpoint.Name), new("state", change.To.ToString()));
        if (change.BreakDuration is { } duration)
        {
            LogCircuitOpened(endpoint.DisplayName, change.From, change.To, duration);
        }
        else if (change.To == CircuitState.Isolated)
        {
            LogCircuitIsolated(endpoint.DisplayName, change.From, change.To);
        }
        else
        {
            LogCircuitRecovering(endpoint.DisplayName, change.From, change.To);
        }

        Tell(
            callbacks.OnCircuitChanged,
            static (e, c, _, _) => new ChatCircuitEvent(e.Model, e.Name ?? e.Model, c.From, c.To, c.Reason, c.BreakDuration), endpoint, change, 0, 0);
    }

    /// <summary>An operator set the switch of a region.</summary>
    public void RegionChanged(string region, ChatRegionState from, ChatRegionState to, IReadOnlyList<string> endpoints) =>
        LogRegionChanged(region, from, to, string.Join(", ", endpoints));

    /// <summary>An active probe has ended.</summary>
    public void Probed(Endpoint endpoint, ChatProbeReason reason, FailureKind? failure, Exception? exception, TimeSpan duration)
    {
        ChatMetrics.Probes.Add(
            1, new("model", endpoint.Model), new("endpoint", endpoint.Name), new("reason", reason.ToString()), new("failure", failure?.ToString()));
        if (failure is not { } kind)
        {
            LogProbed(endpoint.DisplayName, reason, duration);
            return;
        }

        LogProbeFailed(endpoint.DisplayName, reason, kind, exception!.GetType().Name, duration);
        LogException(exception, endpoint.DisplayName);
        if (exception is MissingRequestContextException)
        {
            LogMissingRequestContext(endpoint.DisplayName, exception.Message);
        }
    }

    public void ProbeLeftOut(Endpoint endpoint, ChatProbeReason reason) => LogProbeLeftOut(endpoint.DisplayName, reason);

    public void ProbesFailed(Exception exception) => LogProbesFailed(exception.GetType().Name);

    public void Completed(RequestContext context, FailureKind? failure)
    {
        if (ChatMetrics.RequestDuration.Enabled)
        {
            ChatMetrics.RequestDuration.Record(
                context.Elapsed.TotalSeconds,
                new("source", context.Answer.Source.ToString()),
                new("served_by", context.Answer.ServedBy),
                new("degraded", context.Answer.IsDegraded),
                new("streaming", context.IsStreaming),
                new("failure", failure?.ToString()));
        }

        Tell(callbacks.OnCompleted, static (t, f, _, _) => new ChatCompletedEvent(t.ToReport(withAttempts: true), f, t.IsStreaming), context, failure, 0, 0);
        Audit(context, failure);
    }

    public void FunctionInvocationBelow(Endpoint endpoint) => LogFunctionInvocationBelow(endpoint.DisplayName);

    /// <summary>A distributed store did not do its part. The request goes on without it.</summary>
    public void StoreFault(AnswerStoreFault fault, Exception? exception)
    {
        ChatMetrics.StoreFaults.Add(1, new KeyValuePair<string, object?>("fault", fault.ToString()));
        LogStoreFault(fault, exception?.GetType().Name);
    }

    /// <summary>A rule or a search of the last resort failed or was late. The answer goes on without it.</summary>
    public void LastResortFault(string step, Exception exception) => LogLastResortFault(step, exception.GetType().Name);

    public void UnknownOptions(Type type) => LogUnknownOptions(type.Name);

    private void Tell<TEvent, T1, T2, T3, T4>(
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
            LogCallbackFailed(typeof(TEvent).Name, exception.GetType().Name);
        }
    }
}
