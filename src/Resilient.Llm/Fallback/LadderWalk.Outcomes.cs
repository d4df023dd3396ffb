namespace Resilient.Llm;

/// <content>What an attempt has come to.</content>
internal sealed partial class LadderWalk
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
        var rung = Step.Rung;
        Gather(Step);
        trace.Source = rung.Local?.Source ?? AnswerSource.Model;
        trace.ServedBy = rung.Name;
        trace.Endpoint = rung.Endpoint;
        trace.IsDegraded |= rung.Level > 0 || Step.Trace.IsDegraded;
        if (!ReferenceEquals(rung, _firstEligible))
        {
            trace.Trail.HasFailedOver = true;
        }

        trace.AnswerAge = age;
        trace.EndAttempt(rung.Name, rung.Endpoint, null, attempt: Step.Trace, role: Step.Role, delivered: AttemptDelivery.Content);
        if (Step.Role == AttemptRole.Hedge)
        {
            _events.HedgeWon(rung.Endpoint);
        }
    }

    /// <summary>A model answered; where it is a ladder itself, perhaps without any model.</summary>
    /// <param name="inner">The report of the ladder within. Its stored answer or last resort must not pass for what a model said: neither with the caller nor in the store.</param>
    public void AnsweredByModel(ResilienceReport? inner)
    {
        Answered();
        if (inner is { Source: AnswerSource.Cache or AnswerSource.LastResort })
        {
            trace.Source = inner.Source;
            trace.AnswerAge = inner.AnswerAge;
            trace.IsDegraded |= inner.IsDegraded;
        }
    }

    /// <summary>An endpoint showed a conversation id, or none: what goes on with that conversation goes to it.</summary>
    public void Holds(string? conversationId, Rung holder)
    {
        if (conversationId is not null)
        {
            ladder.Conversations?.Note(conversationId, holder);
        }
    }

    /// <summary>A local rung had nothing to say.</summary>
    public void Declined()
    {
        var rung = Step.Rung;
        trace.Add(new() { Candidate = rung.Name, SkipReason = rung.Local!.Source == AnswerSource.Cache ? "no stored answer" : "unfit format" });
    }

    /// <summary>A rung failed. True: go on with the next. False: the failure belongs to the caller as it came.</summary>
    public bool StepsDown(in LadderStep step, Exception exception, AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        var rung = step.Rung;
        var failure = Failed(step, exception, delivered);
        _first ??= exception;
        _last = exception;
        _lastKind = failure.Kind;
        NoteReopening(failure.RetryAfter);
        var stepsDown = failure.Kind switch
        {
            FailureKind.Cancelled => false,
            _ when rung.Classifier.IsOverridden(failure.Kind) => rung.Classifier.ReactionTo(failure.Kind).StepDown,

            // From the first model these are the caller's to mend; from a lower one they only say that it cannot take over.
            FailureKind.InvalidRequest => !step.IsFirst,
            FailureKind.ContextTooLong => StepsToLargerModel(step),
            _ => rung.Classifier.ReactionTo(failure.Kind).StepDown,
        };
        if (stepsDown)
        {
            _events.FellBack(rung.Endpoint, failure.Kind, exception);
        }

        return stepsDown;
    }

    /// <summary>An attempt is given up because another one was faster.</summary>
    public void Outrun(in LadderStep step, AttemptDelivery delivered) =>
        trace.EndAttempt(step.Rung.Name, step.Rung.Endpoint, FailureKind.Cancelled, attempt: step.Trace, role: step.Role, delivered: delivered);

    /// <summary>What to throw when no rung is left.</summary>
    public Exception Exhausted()
    {
        trace.Trail.HasFailedOver |= Math.Min(_index, _rungs.Length) > 1;
        if (_holder is not null && trace.Residency.Allows(_holder.Endpoint.Geography))
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
            trace.Trail.IsRefused = true;
            return new DataResidencyException(
                $"No model that is available lies where the request's data may go ({trace.Residency}), and nothing below the models answered. "
                + "Nothing was sent. Add an endpoint there, or declare where the endpoints lie with InRegion(region, geography).",
                trace.Residency);
        }

        return new ChatUnavailableException($"No rung of the ladder answered ({Tried(out var report)}).", _lastKind, report, _first, _last) { RetryAfter = _retryAfter };
    }

    private string Tried(out ResilienceReport report)
    {
        report = trace.ToReport(withAttempts: true);
        return string.Join(", ", report.Attempts.Select(static a => $"{a.Candidate}: {a.SkipReason ?? a.Failure?.ToString()}"));
    }

    private static string Why(Availability availability) =>
        availability.Region == ChatRegionState.Isolated ? "region isolated"
        : availability.IsDrained ? "region drained"
        : availability.IsIsolated ? "isolated"
        : availability.IsSlow ? "slow"
        : availability.IsLeftToProbe ? "about to be probed"
        : availability.Refusal == FailureKind.CircuitOpen ? "circuit open" : "rate limited";

    private ChatFailure Failed(in LadderStep step, Exception exception, AttemptDelivery delivered)
    {
        var rung = step.Rung;
        Gather(step);
        var failure = rung.Classifier.Classify(exception, trace.CallerToken);
        trace.EndAttempt(rung.Name, rung.Endpoint, failure.Kind, exception, step.Trace, step.Role, delivered);
        _events.Failed(rung.Name, rung.Endpoint, failure.Kind, exception);
        if (exception is DataResidencyException refused)
        {
            // A client between the ladder and the endpoint narrowed the bound, or a ladder below has one of its own.
            trace.Trail.HasFailedOver = true;
            trace.Trail.Refuse(rung.Endpoint, $"refused below: the data may only go to: {refused.Residency}");
        }

        return failure;
    }

    /// <summary>Gives a probe permit back that was taken for an attempt and never used.</summary>
    public void ReleaseReservation()
    {
        trace.ReleaseReservation();
        Step.Options?.Trace?.ReleaseReservation();
    }

    /// <summary>An attempt that ended leaves what it noted, and no permit.</summary>
    private void Gather(in LadderStep step)
    {
        step.Trace.ReleaseReservation();
        if (!ReferenceEquals(step.Trace, trace))
        {
            trace.Gather(step.Trace, step.Role);
        }
    }

    private void Skip(Rung rung, FailureKind kind, string reason)
    {
        // The kind of the whole is that of the last model that was asked; only when none was does the reason for that say more.
        _lastKind = _modelsCalled == 0 ? kind : _lastKind;
        trace.Add(new() { Candidate = rung.Name, Endpoint = rung.Endpoint.Endpoint, Failure = kind, SkipReason = reason });
        _events.PassedOver(rung.Endpoint, kind, reason);
    }

    private void NoteReopening(TimeSpan? after)
    {
        if (after is not null && !(after > _retryAfter))
        {
            _retryAfter = after;
        }
    }
}
