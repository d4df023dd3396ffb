using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>
/// Notes what came of each step of one request: in the request's report, in events, and for the exception where none answers.
/// </summary>
/// <remarks>Not thread-safe. Attempts may overlap, but their outcomes are noted one after the other.</remarks>
internal sealed class AttemptRecorder(FallbackRequest request)
{
    // For the audit, an answer of any other step is a failover.
    private Step? _firstEligible;

    /// <summary>How many models were asked.</summary>
    public int ModelsAsked { get; private set; }

    /// <summary>The kind of the last failure of a model that was asked; where none was, of the last one that was passed over.</summary>
    public FailureKind LastKind { get; private set; } = FailureKind.Rejected;

    public Exception? First { get; private set; }

    public Exception? Last { get; private set; }

    /// <summary>The shortest time after which a step may answer again; null when unknown.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>A model is about to be asked.</summary>
    /// <returns>Whether it is the first one.</returns>
    public bool NoteAsked() => ++ModelsAsked == 1;

    /// <summary>A step may be asked, whether it is available or not.</summary>
    public void NoteEligible(Step step) => _firstEligible ??= step;

    /// <summary>A step is not asked now because of its state.</summary>
    public void PassedOver(Step step, in Availability availability)
    {
        NoteReopening(availability.ReopensIn);
        PassedOver(step, availability.Refusal!.Value, Why(availability));
    }

    /// <summary>A step is not asked.</summary>
    public void PassedOver(Step step, FailureKind kind, string reason)
    {
        if (ModelsAsked == 0)
        {
            LastKind = kind;
        }

        request.Context.Attempts.Add(new() { Step = step.Name, Endpoint = step.Endpoint.Name, Failure = kind, SkipReason = reason });
        request.Chain.Events.PassedOver(step.Endpoint, kind, reason);
    }

    /// <summary>Code of ours had no answer.</summary>
    public void Declined(in Attempt attempt) => request.Context.Attempts.Add(new()
    {
        Step = attempt.Step.Name,
        SkipReason = attempt.Step.Local!.Source == AnswerSource.Cache ? "no stored answer" : "unfit format",
    });

    /// <summary>A step answered.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="age">Of a stored answer.</param>
    public void Answered(in Attempt attempt, TimeSpan? age = null)
    {
        var step = attempt.Step;
        var context = request.Context;
        Gather(attempt);
        context.Answer.Source = step.Local?.Source ?? AnswerSource.Model;
        context.Answer.ServedBy = step.Name;
        context.Answer.Endpoint = step.Endpoint;
        context.Answer.IsDegraded |= step.Level > 0 || attempt.Context.Answer.IsDegraded;
        if (!ReferenceEquals(step, _firstEligible))
        {
            context.Audit.HasFailedOver = true;
        }

        context.Answer.Age = age;
        context.Attempts.End(
            step.Name, step.Endpoint, attempt.Context.Attempts.StartedAt, null, role: attempt.Role, delivered: AttemptDelivery.Content);
        if (attempt.Role == AttemptRole.Hedge)
        {
            request.Chain.Events.HedgeWon(step.Endpoint);
        }
    }

    /// <summary>A model's client answered; where that is a ladder itself, perhaps without any model.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="inner">
    /// The report of a ladder within. Its stored answer or last resort must not pass for a model's answer, neither with the caller nor in
    /// the cache.
    /// </param>
    public void AnsweredByModel(in Attempt attempt, ResilienceReport? inner)
    {
        Answered(attempt);
        if (inner is { Source: AnswerSource.Cache or AnswerSource.LastResort })
        {
            var context = request.Context;
            context.Answer.Source = inner.Source;
            context.Answer.Age = inner.AnswerAge;
            context.Answer.IsDegraded |= inner.IsDegraded;
        }
    }

    /// <summary>An endpoint gave a conversation id, or none: later requests of that conversation go to it.</summary>
    public void NoteConversation(string? conversationId, Step holder)
    {
        if (conversationId is not null)
        {
            request.Chain.Conversations?.Note(conversationId, holder);
        }
    }

    /// <summary>An attempt failed before its first content.</summary>
    /// <returns>The kind of the failure, as the layers below the ladder have classified it.</returns>
    public FailureKind Failed(in Attempt attempt, AttemptFailure failure, AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        var step = attempt.Step;
        var context = request.Context;
        Gather(attempt);
        var exception = failure.Exception;
        var (kind, retryAfter, _) = Classify(attempt, failure);
        context.Failure = failure;
        context.Attempts.End(step.Name, step.Endpoint, attempt.Context.Attempts.StartedAt, kind, exception, attempt.Role, delivered);
        request.Chain.Events.Failed(step.Name, step.Endpoint, kind, exception);
        if (exception is DataResidencyException refused)
        {
            // A client between the ladder and the endpoint narrowed the residency, or a ladder below has its own.
            context.Audit.HasFailedOver = true;
            context.Audit.Refuse(step.Endpoint, $"refused below: the data may only go to: {refused.Residency}");
        }

        First ??= exception;
        Last = exception;
        LastKind = kind;
        NoteReopening(retryAfter);
        return kind;
    }

    /// <summary>A stream broke after content had reached the caller. Corrects what was noted of it.</summary>
    public FailureKind Interrupted(in Attempt attempt, Exception exception)
    {
        var kind = Classify(attempt, attempt.Context.FailureOf(exception)).Kind;
        request.Context.Attempts.Interrupt(attempt.Context.Attempts.StartedAt, kind, exception);
        request.Chain.Events.Failed(attempt.Step.Name, attempt.Step.Endpoint, kind, exception);
        return kind;
    }

    /// <summary>An attempt is given up because another one was faster.</summary>
    public void Outrun(in Attempt attempt, AttemptDelivery delivered) => request.Context.Attempts.End(
        attempt.Step.Name,
        attempt.Step.Endpoint,
        attempt.Context.Attempts.StartedAt,
        FailureKind.Cancelled,
        role: attempt.Role,
        delivered: delivered);

    private ChatFailure Classify(in Attempt attempt, AttemptFailure failure) =>
        failure.Classify(attempt.Step.Classifier, request.Context.CallerToken);

    /// <summary>Takes over what an attempt with a trace of its own has noted, and gives back a permit that it did not use.</summary>
    private void Gather(in Attempt attempt)
    {
        attempt.Context.ReleaseReservation();
        if (!ReferenceEquals(attempt.Context, request.Context))
        {
            request.Context.Attempts.Gather(ref attempt.Context.Attempts, attempt.Role);
        }
    }

    private void NoteReopening(TimeSpan? after)
    {
        if (after is not null && !(after > RetryAfter))
        {
            RetryAfter = after;
        }
    }

    private static string Why(in Availability availability) =>
        availability.Region == ChatRegionState.Isolated ? "region isolated"
        : availability.IsDrained ? "region drained"
        : availability.IsIsolated ? "isolated"
        : availability.IsSlow ? "slow"
        : availability.IsLeftToProbe ? "about to be probed"
        : availability.Refusal == FailureKind.CircuitOpen ? "circuit open" : "rate limited";
}
