using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Records the outcome of each step of one request: for the report, the events, and the final exception.</summary>
/// <remarks>Not thread-safe: attempts may overlap, but their outcomes are recorded one after the other.</remarks>
internal sealed class AttemptRecorder(FallbackRequest request)
{
    // For the audit: an answer from any other step is a failover.
    private Step? _firstEligible;

    public int ModelsAsked { get; private set; }

    /// <summary>The kind of the last failure of a model that was asked; if none was, of the last model that was passed over.</summary>
    public FailureKind LastKind { get; private set; } = FailureKind.Rejected;

    public Exception? First { get; private set; }

    public Exception? Last { get; private set; }

    /// <summary>The shortest time after which a step may answer again; null if unknown.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Counts a model that is about to be asked. True for the first.</summary>
    public bool NoteAsked() => ++ModelsAsked == 1;

    /// <summary>Notes a step that may be asked, available or not.</summary>
    public void NoteEligible(Step step) => _firstEligible ??= step;

    /// <summary>Records a step that is not asked because of its state.</summary>
    public void PassedOver(Step step, in Availability availability)
    {
        NoteReopening(availability.ReopensIn);
        PassedOver(step, availability.Refusal!.Value, Why(availability));
    }

    /// <summary>Records a step that is not asked.</summary>
    public void PassedOver(Step step, FailureKind kind, string reason)
    {
        if (ModelsAsked == 0)
        {
            LastKind = kind;
        }

        request.Context.Attempts.Add(new() { Step = step.Name, Endpoint = step.Endpoint.Name, Failure = kind, SkipReason = reason });
        request.Chain.Events.PassedOver(step.Endpoint, kind, reason);
    }

    /// <summary>Records a local step without an answer.</summary>
    public void Declined(in Attempt attempt) => request.Context.Attempts.Add(new()
    {
        Step = attempt.Step.Name,
        SkipReason = attempt.Step.Local!.Source == AnswerSource.Cache ? "no stored answer" : "unfit format",
    });

    /// <summary>Records a step's answer; <paramref name="age"/> is that of a stored answer.</summary>
    public void Answered(in Attempt attempt, TimeSpan? age = null)
    {
        var step = attempt.Step;
        var context = request.Context;
        Gather(attempt);
        context.Answer.Source = step.Local?.Source ?? AnswerSource.Model;
        context.Answer.ServedBy = step.Name;
        context.Answer.Endpoint = step.Endpoint;
        context.Answer.WasReduced |= attempt.Role == AttemptRole.Reduced || attempt.Context.Answer.WasReduced;
        context.Answer.IsDegraded |= step.Level > 0 || attempt.Context.Answer.IsDegraded || context.Answer.WasReduced;
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

    /// <summary>Records the answer of a model's client, which may be a ladder itself.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="inner">
    /// The report of such a ladder: its stored answer or last resort is no model's answer, neither for the caller nor for the cache.
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

    /// <summary>Records an attempt that failed before its first content.</summary>
    /// <returns>The kind of the failure, as classified by the layers below the ladder.</returns>
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
            // A client between the ladder and the endpoint narrowed the residency, or an inner ladder has its own.
            context.Audit.HasFailedOver = true;
            context.Audit.Refuse(step.Endpoint, $"refused below: the data may only go to: {refused.Residency}");
        }

        First ??= exception;
        Last = exception;
        LastKind = kind;
        NoteReopening(retryAfter);
        return kind;
    }

    /// <summary>Corrects the record of a stream that broke after content had reached the caller.</summary>
    public FailureKind Interrupted(in Attempt attempt, Exception exception)
    {
        var kind = Classify(attempt, attempt.Context.FailureOf(exception)).Kind;
        request.Context.Attempts.Interrupt(attempt.Context.Attempts.StartedAt, kind, exception);
        request.Chain.Events.Failed(attempt.Step.Name, attempt.Step.Endpoint, kind, exception);
        return kind;
    }

    /// <summary>Records an attempt that is given up because another was faster.</summary>
    public void Outrun(in Attempt attempt, AttemptDelivery delivered) => request.Context.Attempts.End(
        attempt.Step.Name,
        attempt.Step.Endpoint,
        attempt.Context.Attempts.StartedAt,
        FailureKind.Cancelled,
        role: attempt.Role,
        delivered: delivered);

    private ChatFailure Classify(in Attempt attempt, AttemptFailure failure) =>
        failure.Classify(attempt.Step.Classifier, request.Context.CallerToken);

    /// <summary>Takes over the log of an attempt with its own request context, and returns its unused permit.</summary>
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
