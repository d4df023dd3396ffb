using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>What can happen in a ladder. Every decorator reports here; each event goes to the log, the metrics and the callbacks.</summary>
/// <remarks>Thread-safe. Nothing that is reported here can fail a request.</remarks>
internal sealed class ChatEvents
{
    private readonly ILogger _logger;
    // An event is created only where a callback is set.
    private readonly ChatCallbacks _callbacks;
    private readonly ResidencyAuditor _auditor;

    public ChatEvents(ILogger logger, ChatCallbacks callbacks)
    {
        _logger = logger;
        _callbacks = callbacks.Guarded(logger);
        _auditor = new(logger, _callbacks);
    }

    /// <summary>For decorators that stand alone: metrics only.</summary>
    public static ChatEvents None { get; } = new(NullLogger.Instance, new());

    /// <summary>An endpoint is asked again after a delay.</summary>
    public void Retrying(Endpoint? endpoint, int retry, FailureKind failure, TimeSpan delay)
    {
        ChatMetrics.Count(ChatMetrics.Retries, endpoint, "kind", failure.ToString());
        _logger.LogRetry(endpoint?.DisplayName, retry, failure, delay);
        _callbacks.OnRetry?.Invoke(new(endpoint?.Model, endpoint?.Name, retry, failure, delay));
    }

    /// <summary>An attempt failed. The failures that only the application can correct are logged.</summary>
    public void Failed(string step, Endpoint? endpoint, FailureKind failure, Exception exception)
    {
        ChatMetrics.CountFailure(step, endpoint, failure);
        if (failure == FailureKind.Unauthorized)
        {
            _logger.LogUnauthorized(step);
        }
        else if (exception is MissingRequestContextException)
        {
            // The message is our own: it holds names from the configuration, and says what to do.
            _logger.LogMissingRequestContext(step, exception.Message);
        }
        else if (failure == FailureKind.Unknown)
        {
            _logger.LogUnknown(step);
        }
    }

    /// <summary>A step failed, and the next one is asked.</summary>
    public void FellBack(Endpoint from, FailureKind failure, Exception exception)
    {
        _logger.LogFallback(from.DisplayName, failure, exception.GetType().Name);
        _logger.LogException(exception, from.DisplayName);
        _callbacks.OnFallback?.Invoke(new(from.Model, failure, exception.GetType().Name, null));
    }

    /// <summary>A step was not asked.</summary>
    public void PassedOver(Endpoint step, FailureKind kind, string reason)
    {
        _logger.LogPassedOver(step.DisplayName, reason);
        _callbacks.OnFallback?.Invoke(new(step.Model, kind, null, reason));
    }

    /// <summary>A further model is asked while a slow one is still pending.</summary>
    public void Hedged(Endpoint slow, Endpoint hedge)
    {
        ChatMetrics.Count(ChatMetrics.Hedges, hedge, "from", slow.Model);
        _logger.LogHedged(slow.DisplayName, hedge.DisplayName);
    }

    /// <summary>A hedge answered before the models that were asked earlier.</summary>
    public void HedgeWon(Endpoint hedge)
    {
        ChatMetrics.CountHedgeWon(hedge);
        _logger.LogHedgeWon(hedge.DisplayName);
    }

    /// <summary>The caller has the first text of a call that goes on with a broken stream.</summary>
    public void Continued(Endpoint broken, FailureKind failure, Endpoint next)
    {
        ChatMetrics.Count(ChatMetrics.Continuations, next, "from", broken.Model);
        _logger.LogContinued(broken.DisplayName, failure, next.DisplayName);
    }

    /// <summary>A broken stream ends as it is: it cannot be continued.</summary>
    public void Interrupted(Endpoint? broken, FailureKind failure, string why) => _logger.LogInterrupted(broken?.DisplayName, failure, why);

    /// <summary>A circuit changed its state.</summary>
    public void CircuitChanged(Endpoint endpoint, CircuitTransition change)
    {
        ChatMetrics.Count(ChatMetrics.CircuitTransitions, endpoint, "state", change.To.ToString());
        if (change.BreakDuration is { } duration)
        {
            _logger.LogCircuitOpened(endpoint.DisplayName, change.From, change.To, duration);
        }
        else if (change.To == CircuitState.Isolated)
        {
            _logger.LogCircuitIsolated(endpoint.DisplayName, change.From, change.To);
        }
        else
        {
            _logger.LogCircuitRecovering(endpoint.DisplayName, change.From, change.To);
        }

        _callbacks.OnCircuitChanged?.Invoke(
            new(endpoint.Model, endpoint.Name ?? endpoint.Model, change.From, change.To, change.Reason, change.BreakDuration));
    }

    /// <summary>An operator set the switch of a region.</summary>
    public void RegionChanged(string region, ChatRegionState from, ChatRegionState to, IReadOnlyList<string> endpoints) =>
        _logger.LogRegionChanged(region, from, to, string.Join(", ", endpoints));

    /// <summary>An active probe has ended.</summary>
    public void Probed(Endpoint endpoint, ChatProbeReason reason, FailureKind? failure, Exception? exception, TimeSpan duration)
    {
        ChatMetrics.CountProbe(endpoint, reason, failure);
        if (failure is not { } kind)
        {
            _logger.LogProbed(endpoint.DisplayName, reason, duration);
            return;
        }

        _logger.LogProbeFailed(endpoint.DisplayName, reason, kind, exception!.GetType().Name, duration);
        _logger.LogException(exception, endpoint.DisplayName);
        if (exception is MissingRequestContextException)
        {
            _logger.LogMissingRequestContext(endpoint.DisplayName, exception.Message);
        }
    }

    /// <summary>An active probe was due, but the budget was spent.</summary>
    public void ProbeLeftOut(Endpoint endpoint, ChatProbeReason reason) => _logger.LogProbeLeftOut(endpoint.DisplayName, reason);

    /// <summary>The search for due probes itself failed.</summary>
    public void ProbesFailed(Exception exception) => _logger.LogProbesFailed(exception.GetType().Name);

    /// <summary>A request ended, with an answer or without.</summary>
    public void Completed(RequestContext context, FailureKind? failure)
    {
        ChatMetrics.RecordRequest(context, failure);
        _callbacks.OnCompleted?.Invoke(new(context.ToReport(withAttempts: true), failure, context.IsStreaming));
        _auditor.Audit(context, failure);
    }

    /// <summary>A client that invokes functions stands below the ladder.</summary>
    public void FunctionInvocationBelow(Endpoint endpoint) => _logger.LogFunctionInvocationBelow(endpoint.DisplayName);

    /// <summary>The ladder was composed: reports what its residency rules out.</summary>
    public void WarnOfUnreachable(ResidencyMap map) => ResidencyWarnings.Write(_logger, map);

    /// <summary>A distributed store failed or was late. The request goes on without it.</summary>
    public void StoreFault(AnswerStoreFault fault, Exception? exception)
    {
        ChatMetrics.CountStoreFault(fault);
        _logger.LogStoreFault(fault, exception?.GetType().Name);
    }

    /// <summary>A rule or a search of the last resort failed or was late. The answer goes on without it.</summary>
    public void LastResortFault(string step, Exception exception) => _logger.LogLastResortFault(step, exception.GetType().Name);

    /// <summary>A request's options are of a type that cannot be copied in full.</summary>
    public void UnknownOptions(Type type) => _logger.LogUnknownOptions(type.Name);
}
