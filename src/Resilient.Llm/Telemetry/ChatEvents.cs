using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>The events of a ladder. Every decorator reports here; each event goes to the log, the metrics and the callbacks.</summary>
/// <remarks>Thread-safe. A report can never fail a request.</remarks>
internal sealed class ChatEvents
{
    private readonly ILogger _logger;
    // An event is created only where a callback is set.
    private readonly ChatCallbacks _callbacks;
    private readonly ResidencyAuditor _auditor;
    private readonly ConcurrentDictionary<string, bool> _hinted = new(StringComparer.Ordinal);

    public ChatEvents(ILogger logger, ChatCallbacks callbacks)
    {
        _logger = logger;
        _callbacks = callbacks.Guarded(logger);
        _auditor = new(logger, _callbacks);
    }

    /// <summary>For stand-alone decorators: metrics only.</summary>
    public static ChatEvents None { get; } = new(NullLogger.Instance, new());

    public void Retrying(Endpoint? endpoint, int retry, FailureKind failure, TimeSpan delay)
    {
        ChatMetrics.Count(ChatMetrics.Retries, endpoint, "kind", failure.ToString());
        _logger.LogRetry(endpoint?.DisplayName, retry, failure, delay);
        _callbacks.OnRetry?.Invoke(new(endpoint?.Model, endpoint?.Name, retry, failure, delay));
    }

    /// <summary>An attempt failed. Failures that only the application can correct are logged.</summary>
    public void Failed(string step, Endpoint? endpoint, FailureKind failure, Exception exception)
    {
        ChatMetrics.CountFailure(step, endpoint, failure);
        var hint = FailureTable.Of(failure).Hint;
        if (hint == FailureHint.CheckKey)
        {
            _logger.LogUnauthorized(step);
        }
        else if (exception is MissingRequestContextException)
        {
            // The message is our own: it holds configured names and says what to do.
            _logger.LogMissingRequestContext(step, exception.Message);
        }
        else if (hint == FailureHint.Classify)
        {
            _logger.LogUnknown(step);
        }
        else if (hint == FailureHint.ShowRetryAfter)
        {
            HintAtRetryAfter(endpoint?.DisplayName ?? step, exception);
        }
    }

    public void FellBack(Endpoint from, FailureKind failure, Exception exception)
    {
        _logger.LogFallback(from.DisplayName, failure, exception.GetType().Name);
        _logger.LogException(exception, from.DisplayName);
        _callbacks.OnFallback?.Invoke(new(from.Model, failure, exception.GetType().Name, null));
    }

    public void PassedOver(Endpoint step, FailureKind kind, string reason)
    {
        _logger.LogPassedOver(step.DisplayName, reason);
        _callbacks.OnFallback?.Invoke(new(step.Model, kind, null, reason));
    }

    public void Hedged(Endpoint slow, Endpoint hedge)
    {
        ChatMetrics.Count(ChatMetrics.Hedges, hedge, "from", slow.Model);
        _logger.LogHedged(slow.DisplayName, hedge.DisplayName);
    }

    public void HedgeWon(Endpoint hedge)
    {
        ChatMetrics.CountHedgeWon(hedge);
        _logger.LogHedgeWon(hedge.DisplayName);
    }

    /// <summary>The caller has the first text of a call that continues a broken stream.</summary>
    public void Continued(Endpoint broken, FailureKind failure, Endpoint next)
    {
        ChatMetrics.Count(ChatMetrics.Continuations, next, "from", broken.Model);
        _logger.LogContinued(broken.DisplayName, failure, next.DisplayName);
    }

    /// <summary>A broken stream cannot be continued.</summary>
    public void Interrupted(Endpoint? broken, FailureKind failure, string why) => _logger.LogInterrupted(broken?.DisplayName, failure, why);

    /// <summary>The history was too long, and the same endpoint is asked with less of it.</summary>
    public void Reduced(Endpoint endpoint, int whole, int reduced) => _logger.LogReduced(endpoint.DisplayName, reduced, whole);

    /// <summary>The application's reducer left nothing to ask with.</summary>
    public void ReducerFailed(Endpoint endpoint, string reason, Exception? exception) =>
        _logger.LogReducerFailed(endpoint.DisplayName, reason, exception?.GetType().Name);

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

    public void RegionChanged(string region, ChatRegionState from, ChatRegionState to, IReadOnlyList<string> endpoints) =>
        _logger.LogRegionChanged(region, from, to, string.Join(", ", endpoints));

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

    public void Completed(RequestContext context, FailureKind? failure)
    {
        ChatMetrics.RecordRequest(context, failure);
        _callbacks.OnCompleted?.Invoke(new(context.ToReport(withAttempts: true), failure, context.IsStreaming));
        _auditor.Audit(context, failure);
    }

    /// <summary>A client that invokes functions is below the ladder.</summary>
    public void FunctionInvocationBelow(Endpoint endpoint) => _logger.LogFunctionInvocationBelow(endpoint.DisplayName);

    /// <summary>A cache above the ladder stores whatever the ladder gives it.</summary>
    public void CacheAbove(string cache) => _logger.LogCacheAbove(cache);

    /// <summary>Reports what the residency of a new ladder rules out.</summary>
    public void WarnOfUnreachable(ResidencyMap map) => ResidencyWarnings.Write(_logger, map);

    /// <summary>A distributed store failed or was late. The request continues without it.</summary>
    public void StoreFault(AnswerStoreFault fault, Exception? exception)
    {
        ChatMetrics.CountStoreFault(fault);
        _logger.LogStoreFault(fault, exception?.GetType().Name);
    }

    /// <summary>An answer is not stored although storing is configured.</summary>
    public void NotStored(AnswerNotStored reason)
    {
        ChatMetrics.CountNotStored(reason);
        _logger.LogNotStored(reason);
    }

    /// <summary>A rule or search of the last resort failed or was late. The answer continues without it.</summary>
    public void LastResortFault(string step, Exception exception) => _logger.LogLastResortFault(step, exception.GetType().Name);

    /// <summary>Once per endpoint: some SDKs hide how long a provider asks to be left alone, and their users cannot know.</summary>
    private void HintAtRetryAfter(string step, Exception exception)
    {
        if (_logger.IsEnabled(LogLevel.Warning)
            && !_hinted.ContainsKey(step)
            && RetryAfterHint.IsDue(exception)
            && _hinted.TryAdd(step, true))
        {
            _logger.LogRetryAfterHidden(step);
        }
    }
}
