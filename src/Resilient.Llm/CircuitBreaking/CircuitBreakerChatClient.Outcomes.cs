using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <content>Records the outcomes of calls in the circuit and the endpoint's statistics.</content>
public sealed partial class CircuitBreakerChatClient
{
    /// <summary>Records a failure. <paramref name="silentFor"/>: how long the endpoint had sent no content; null when it had.</summary>
    internal void RecordFailure(
        in CircuitPermit permit, AttemptFailure attempt, TimeSpan? silentFor, ResilientChatOptions options, RequestContext context)
    {
        context.Failure = attempt;
        var failure = attempt.Classify(_classifier, context.CallerToken);
        var row = FailureTable.Of(failure.Kind);
        if (failure.Kind == FailureKind.Cancelled || (row.IsDeadline && IsCutShort(silentFor, options, context)))
        {
            if (silentFor is { } silence)
            {
                NoteSilence(permit, context, silence);
            }

            Breaker.Record(permit, Breaker.OutcomeOfCancellation(silentFor));
            return;
        }

        if (options.Attempt.HoldsState && row.RefusesUnknownState)
        {
            Breaker.Record(permit, CircuitOutcome.Neutral);
            return;
        }

        var effect = _classifier.ReactionTo(failure.Kind).Health;
        if (effect == HealthEffect.StartsCooldown && (failure.RetryAfter > TimeSpan.Zero || row.StartsCooldownUnasked))
        {
            Breaker.StartCooldown(failure.RetryAfter > TimeSpan.Zero ? failure.RetryAfter : null);
            Breaker.Record(permit, CircuitOutcome.Neutral);
            return;
        }

        Breaker.Record(
            permit,
            effect != HealthEffect.Neutral ? CircuitOutcome.Failure

            // An answer that its limit or a filter ended is no answer to the caller, and one to health.
            : row.IsAnswerToHealth && attempt.Exception is ChatAnswerRejectedException ? CircuitOutcome.Success
            : CircuitOutcome.Neutral);
    }

    /// <summary>Adds the time to an answer, or to a stream's first content, to the statistics; the metric includes slow calls.</summary>
    internal void NoteContent(in CircuitPermit permit, RequestContext context, long startedAt, long at, Endpoint? endpoint)
    {
        var time = _timeProvider.GetElapsedTime(startedAt, at);
        var isStreaming = context.IsStreaming;
        if (context.IsProbe)
        {
            _latency?.RecordProbe(isStreaming, time);
            return;
        }

        Remember(permit, isStreaming, time, isLowerBound: false, isSlow: at >= permit.SlowAt);
        if (ChatMetrics.TimeToFirstContent.Enabled)
        {
            ChatMetrics.TimeToFirstContent.Record(
                time.TotalSeconds, new("model", endpoint?.Model), new("endpoint", endpoint?.Name), new("streaming", isStreaming));
        }
    }

    /// <summary>Adds the silence of a call that was given up before any content to the statistics, as a lower bound.</summary>
    internal void NoteSilence(in CircuitPermit permit, RequestContext context, TimeSpan silence)
    {
        if (context.IsProbe)
        {
            _latency?.RecordProbe(context.IsStreaming, silence);
            return;
        }

        var isSlow = permit.SlowAt < long.MaxValue && _timeProvider.GetTimestamp() >= permit.SlowAt;
        Remember(permit, context.IsStreaming, silence, isLowerBound: true, isSlow);
    }

    /// <summary>
    /// Leaves out a slow time of a call from before the circuit closed: it arrives long after the recovery and would restore the slow
    /// average that was reset when the circuit closed.
    /// </summary>
    private void Remember(in CircuitPermit permit, bool isStreaming, TimeSpan time, bool isLowerBound, bool isSlow)
    {
        if (!isSlow || !Breaker.HasRecoveredSince(permit))
        {
            _latency?.Record(isStreaming, time, isLowerBound, isSlow);
        }
    }

    /// <summary>
    /// Whether a timeout was caused by a deadline that this request alone made short. It then counts like a cancellation: a short deadline
    /// says nothing about the endpoint, a long silence does. The endpoint's own limits, and a stall after content, are the same in every
    /// request.
    /// </summary>
    private bool IsCutShort(TimeSpan? silentFor, ResilientChatOptions options, RequestContext context) =>
        context.IsShortened
        && silentFor is not null
        && _timeProvider.TimestampIn(TimeProviderExtensions.TimerSlack) >= Math.Min(options.Attempt.Deadline, context.Deadline);
}
