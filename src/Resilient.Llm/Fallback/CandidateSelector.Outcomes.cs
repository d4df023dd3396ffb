using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Fallback;

/// <content>What an attempt has come to.</content>
internal sealed partial class CandidateSelector
{
    private int? _windowTooSmall;
    private bool _isContextTooLong;
    private bool _wasRefusedByResidency;
    private FailureKind _lastKind = FailureKind.Rejected;
    private Exception? _first;
    private Exception? _last;
    private TimeSpan? _retryAfter;

    /// <summary>The rung answered.</summary>
    /// <param name="age">Of a stored answer.</param>
    public void Answered(TimeSpan? age = null)
    {
        var step = Attempt.Step;
        Gather(Attempt);
        context.Answer.Source = step.Local?.Source ?? AnswerSource.Model;
        context.Answer.ServedBy = step.Name;
        context.Answer.Endpoint = step.Endpoint;
        context.Answer.IsDegraded |= step.Level > 0 || Attempt.Context.Answer.IsDegraded;
        if (!ReferenceEquals(step, _firstEligible))
        {
            context.Audit.HasFailedOver = true;
        }

        context.Answer.Age = age;
        context.Attempts.End(step.Name, step.Endpoint, Attempt.Context.Attempts.StartedAt, null, role: Attempt.Role, delivered: AttemptDelivery.Content);
        if (Attempt.Role == AttemptRole.Hedge)
        {
            _events.HedgeWon(step.Endpoint);
        }
    }

    /// <summary>A model answered; where it is a ladder itself, perhaps without any model.</summary>
    /// <param name="inner">The report of the ladder within. Its stored answer or last resort must not pass for what a model said: neither with the caller nor in the store.</param>
    public void AnsweredByModel(ResilienceReport? inner)
    {
        Answered();
        if (inner is { Source: AnswerSource.Cache or AnswerSource.LastResort })
        {
            context.Answer.Source = inner.Source;
            context.Answer.Age = inner.AnswerAge;
            context.Answer.IsDegraded |= inner.IsDegraded;
        }
    }

    /// <summary>An endpoint showed a conversation id, or none: what goes on with that conversation goes to it.</summary>
    public void Holds(string? conversationId, Step holder)
    {
        if (conversationId is not null)
        {
            ladder.Conversations?.Note(conversationId, holder);
        }
    }

    /// <summary>A local rung had nothing to say.</summary>
    public void Declined()
    {
        var step = Attempt.Step;
        context.Attempts.Add(new() { Step = step.Name, SkipReason = step.Local!.Source == AnswerSource.Cache ? "no stored answer" : "unfit format" });
    }

    /// <summary>A rung failed. True: go on with the next. False: the failure belongs to the caller as it came.</summary>
    public bool StepsDown(in Attempt attempt, Exception exception, AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        var step = attempt.Step;
        var failure = Failed(attempt, exception, delivered);
        _first ??= exception;
        _last = exception;
        _lastKind = failure.Kind;
        NoteReopening(failure.RetryAfter);
        var stepsDown = failure.Kind switch
        {
            FailureKind.Cancelled => false,
            _ when step.Classifier.IsOverridden(failure.Kind) => step.Classifier.ReactionTo(failure.Kind).StepDown,

            // From the first model these are the caller's to mend; from a lower one they only say that it cannot take over.
            FailureKind.InvalidRequest => !attempt.IsFirst,
            FailureKind.ContextTooLong => StepsToLargerModel(attempt),
            _ => step.Classifier.ReactionTo(failure.Kind).StepDown,
        };
        if (stepsDown)
        {
            _events.FellBack(step.Endpoint, failure.Kind, exception);
        }

        return stepsDown;
    }

    /// <summary>An attempt is given up because another one was faster.</summary>
    public void Outrun(in Attempt attempt, AttemptDelivery delivered) =>
        context.Attempts.End(attempt.Step.Name, attempt.Step.Endpoint, attempt.Context.Attempts.StartedAt, FailureKind.Cancelled, role: attempt.Role, delivered: delivered);

    /// <summary>What to throw when no rung is left.</summary>
    public Exception Exhausted()
    {
        context.Audit.HasFailedOver |= Math.Min(_index, _steps.Length) > 1;
        if (_holder is not null && context.Residency.Allows(_holder.Endpoint.Geography))
        {
            return new ConversationUnavailableException(
                $"The conversation is held by '{_holder.Endpoint.DisplayName}', which did not answer ({Tried(out var attempts)}). "
                + "No other endpoint knows it. Ask again later, or begin a new conversation with the messages so far.",
                _lastKind,
                attempts,
                _first,
                _last)
            {
                RetryAfter = _retryAfter,
            };
        }

        if (_modelsCalled == 0 && _wasRefusedByResidency)
        {
            context.Audit.IsRefused = true;
            return new DataResidencyException(
                $"No model that is available lies where the request's data may go ({context.Residency}), and nothing below the models answered. "
                + "Nothing was sent. Add an endpoint there, or declare where the endpoints lie with InRegion(region, geography).",
                context.Residency);
        }

        return new ChatUnavailableException($"No rung of the ladder answered ({Tried(out var report)}).", _lastKind, report, _first, _last) { RetryAfter = _retryAfter };
    }

    private string Tried(out ResilienceReport report)
    {
        report = context.ToReport(withAttempts: true);
        return string.Join(", ", report.Attempts.Select(static a => $"{a.Step}: {a.SkipReason ?? a.Failure?.ToString()}"));
    }

    private static string Why(Availability availability) =>
        availability.Region == ChatRegionState.Isolated ? "region isolated"
        : availability.IsDrained ? "region drained"
        : availability.IsIsolated ? "isolated"
        : availability.IsSlow ? "slow"
        : availability.IsLeftToProbe ? "about to be probed"
        : availability.Refusal == FailureKind.CircuitOpen ? "circuit open" : "rate limited";

    private ChatFailure Failed(in Attempt attempt, Exception exception, AttemptDelivery delivered)
    {
        var step = attempt.Step;
        Gather(attempt);
        context.Failure = attempt.Context.FailureOf(exception);
        var failure = context.Failure.Classify(step.Classifier, context.CallerToken);
        context.Attempts.End(step.Name, step.Endpoint, attempt.Context.Attempts.StartedAt, failure.Kind, exception, attempt.Role, delivered);
        _events.Failed(step.Name, step.Endpoint, failure.Kind, exception);
        if (exception is DataResidencyException refused)
        {
            // A client between the ladder and the endpoint narrowed the bound, or a ladder below has one of its own.
            context.Audit.HasFailedOver = true;
            context.Audit.Refuse(step.Endpoint, $"refused below: the data may only go to: {refused.Residency}");
        }

        return failure;
    }

    /// <summary>Gives a probe permit back that was taken for an attempt and never used.</summary>
    public void ReleaseReservation()
    {
        context.ReleaseReservation();
        Attempt.Options?.Context?.ReleaseReservation();
    }

    /// <summary>An attempt that ended leaves what it noted, and no permit.</summary>
    private void Gather(in Attempt attempt)
    {
        attempt.Context.ReleaseReservation();
        if (!ReferenceEquals(attempt.Context, context))
        {
            context.Attempts.Gather(ref attempt.Context.Attempts, attempt.Role);
        }
    }

    private void Skip(Step step, FailureKind kind, string reason)
    {
        // The kind of the whole is that of the last model that was asked; only when none was does the reason for that say more.
        _lastKind = _modelsCalled == 0 ? kind : _lastKind;
        context.Attempts.Add(new() { Step = step.Name, Endpoint = step.Endpoint.Name, Failure = kind, SkipReason = reason });
        _events.PassedOver(step.Endpoint, kind, reason);
    }

    private void NoteReopening(TimeSpan? after)
    {
        if (after is not null && !(after > _retryAfter))
        {
            _retryAfter = after;
        }
    }
}
