using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <content>What the circuit and the endpoint's statistics learn of a call.</content>
public sealed partial class CircuitBreakerChatClient
{
    /// <summary>Tells the circuit about a failure.</summary>
    /// <param name="permit">The call's permit.</param>
    /// <param name="attempt">How it failed.</param>
    /// <param name="silentFor">How long the endpoint had shown no content; null when it had.</param>
    /// <param name="options">The attempt's options.</param>
    /// <param name="context">The request's context.</param>
    internal void RecordFailure(
        in CircuitPermit permit, AttemptFailure attempt, TimeSpan? silentFor, ResilientChatOptions options, RequestContext context)
    {
        context.Failure = attempt;
        var failure = attempt.Classify(_classifier, context.CallerToken);
        if (failure.Kind == FailureKind.Cancelled || (failure.Kind == FailureKind.Timeout && IsCutShort(silentFor, options, context)))
        {
            if (silentFor is { } silence)
            {
                NoteSilence(permit, context, silence);
            }

            Breaker.Record(permit, Breaker.OutcomeOfCancellation(silentFor));
            return;
        }

        var effect = _classifier.ReactionTo(failure.Kind).Health;
        if (effect == HealthEffect.StartsCooldown
            && (failure.RetryAfter > TimeSpan.Zero || FailureTable.Of(failure.Kind).StartsCooldownUnasked))
        {
            Breaker.StartCooldown(failure.RetryAfter > TimeSpan.Zero ? failure.RetryAfter : null);
            Breaker.Record(permit, CircuitOutcome.Neutral);
            return;
        }

        Breaker.Record(permit, effect == HealthEffect.Neutral ? CircuitOutcome.Neutral : CircuitOutcome.Failure);
    }

    /// <summary>Tells the statistics that an answer or the first content of a stream has come.</summary>
    /// <param name="permit">The call's permit.</param>
    /// <param name="context">The request's context.</param>
    /// <param name="startedAt">Timestamp of the call's beginning.</param>
    /// <param name="at">Timestamp of the content.</param>
    /// <param name="endpoint">
    /// For the metric, which tells all times; a slow call says nothing of what is usual, and is no part of the percentiles.
    /// </param>
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

    /// <summary>Tells the statistics that a call was given up before anything had come: it would have taken longer than this.</summary>
    /// <param name="permit">The call's permit.</param>
    /// <param name="context">The request's context.</param>
    /// <param name="silence">How long nothing had come. That of a slow call is no part of the percentiles.</param>
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
    /// A slow time of a call from before the circuit closed is left out. Such answers come in long after the endpoint has recovered, and
    /// would bring back the slow average that was forgotten when it closed.
    /// </summary>
    private void Remember(in CircuitPermit permit, bool isStreaming, TimeSpan time, bool isLowerBound, bool isSlow)
    {
        if (!isSlow || !Breaker.HasRecoveredSince(permit))
        {
            _latency?.Record(isStreaming, time, isLowerBound, isSlow);
        }
    }

    /// <summary>
    /// Whether a timeout came of a deadline that this request alone made short. It then counts like a caller's cancellation: a tenant
    /// that asks for one second says nothing about the endpoint, but a long silence does. The endpoint's own time limits, and a stall
    /// after content, say the same in every request.
    /// </summary>
    private bool IsCutShort(TimeSpan? silentFor, ResilientChatOptions options, RequestContext context) =>
        context.IsShortened
        && silentFor is not null
        && _timeProvider.TimestampIn(TimeProviderExtensions.TimerSlack) >= Math.Min(options.Attempt.Deadline, context.Deadline);
}
