using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Finds the next step that is eligible, available and fits the time left, and decides whether a failure steps down.</summary>
/// <remarks>Not thread-safe: attempts may overlap, but only one at a time uses the selector.</remarks>
internal sealed class CandidateSelector(FallbackRequest request)
{
    private int _index = -1;
    private Attempt _attempt;
    private PostponedSteps? _postponed;
    private ReopeningWait? _reopening;
    private HistoryReduction? _reduction;
    private StateRefusals _refusals;

    public FallbackRequest Request => request;

    public Eligibility Eligibility { get; } = new(request);

    public AttemptRecorder Recorder { get; } = new(request);

    /// <summary>The attempt to make now, or the one that answered.</summary>
    public ref readonly Attempt Attempt => ref _attempt;

    private RequestContext Context => request.Context;

    private Step[] Steps => request.Steps;

    /// <summary>Moves to an attempt that was made elsewhere: the winner of a race, or a continuation.</summary>
    public void MoveTo(in Attempt attempt) => _attempt = attempt;

    /// <summary>Finds the next step to ask and records why others were passed over. False if none is left.</summary>
    public bool MoveNext()
    {
        if (_reduction is { IsNext: true } or { Refusal: not null })
        {
            return false;
        }

        if (_index >= 0)
        {
            // The first attempt began with the request.
            Context.BeginAttempt();
        }

        if (_refusals.TryTakeAgain(out var refused, out var isFirst)
            && TryAsk(refused, AttemptRole.Ordinary, Context.Attempts.StartedAt, plainAsFirst: isFirst))
        {
            return true;
        }

        while (_postponed?.TryTakePassedByHedge(out var again) == true)
        {
            if (TryAsk(again))
            {
                return true;
            }
        }

        while (++_index < Steps.Length)
        {
            var step = Steps[_index];
            if (!Eligibility.IsAllowed(step))
            {
                break;
            }

            if (step.Local is null)
            {
                if (TryAsk(step))
                {
                    return true;
                }
            }
            else if (_reopening is { HasWaited: true })
            {
                // It was asked before the wait.
            }
            else if (TryAskLastChoice())
            {
                // Return to this step if that one fails.
                _index--;
                return true;
            }
            else if (_reduction is { IsOpen: true })
            {
                // A model's answer to less of the history is better than one without a model. Return to this step if there is none.
                _index--;
                return false;
            }
            else if (Context.IsContinuation)
            {
                // This ladder is a model of another ladder, which has a broken answer to continue.
                Recorder.PassedOver(step, FailureKind.Rejected, "cannot continue an answer");
            }
            else
            {
                _attempt = Attempt.AsIs(request, step);
                return true;
            }
        }

        return TryAskLastChoice() || TryAskLeftToProbe();
    }

    /// <summary>
    /// If a model refused the history for its length: reduces it, and moves to that model again. If every model is closed: waits for one to
    /// reopen, and moves to it. False if none reopens in time.
    /// </summary>
    /// <param name="received">The token that this ladder was called with.</param>
    /// <param name="ofWait">Ends the wait: the same token, or one that also ends with the stream.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<bool> MoveToReopenedAsync(CancellationToken received, CancellationToken ofWait)
    {
        if (_reduction is { IsOpen: true } && (await MoveToReducedAsync(ofWait).ConfigureAwait(false) || MoveNext()))
        {
            return true;
        }

        while (Recorder.ModelsAsked == 0 && await (_reopening ??= new(request, Eligibility)).WaitAsync(ofWait).ConfigureAwait(false))
        {
            if (request.IsLeftBehind(received))
            {
                return false;
            }

            if (MoveToReopened())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds a model to ask beside a slow one. False, without changes, if there is none or the retry budget is empty.</summary>
    /// <param name="slow">The slow attempt; the extra call is charged to its endpoint.</param>
    public bool TryHedge(in Attempt slow)
    {
        while (_index + 1 < Steps.Length)
        {
            var step = Steps[_index + 1];
            if (step.Local is not null || !Eligibility.IsAllowed(step))
            {
                return false;
            }

            var availability = step.Check();
            if (availability.IsSlow && !availability.IsDrained)
            {
                // Never hedge onto another slow model.
                return false;
            }

            if (availability.NeedsReservation && !availability.IsDrained)
            {
                // Never hedge onto a half-open circuit, whose single call decides its state; the hedge may go past it.
                _index++;
                Recorder.PassedOver(step, FailureKind.CircuitOpen, "half-open");
                (_postponed ??= new()).AddPassedByHedge(step);
                continue;
            }

            var now = Context.TimeProvider.GetTimestamp();
            if (availability.IsAvailable
                && Eligibility.WhyNot(step) is null
                && (Deadline(now, isLastModel: true) is null || !slow.Step.Hedging!.TryTakeFromBudget()))
            {
                return false;
            }

            _index++;
            if (TryAsk(step, AttemptRole.Hedge, now))
            {
                request.Chain.Events.Hedged(slow.Step.Endpoint, step.Endpoint);
                return true;
            }
        }

        return false;
    }

    /// <summary>Handles a failed attempt. True: continue with the next step. False: the failure goes to the caller unchanged.</summary>
    public bool StepsDown(in Attempt attempt, AttemptFailure failure, AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        var kind = Recorder.Failed(attempt, failure, delivered);
        if (_refusals.AsksAgain(attempt, kind))
        {
            return true;
        }

        if (!StepsDownAfter(attempt, kind, failure))
        {
            return false;
        }

        request.Chain.Events.FellBack(attempt.Step.Endpoint, kind, failure.Exception);
        return true;
    }

    /// <inheritdoc cref="StepsDown(in Attempt, AttemptFailure, AttemptDelivery)"/>
    public bool StepsDown(in Attempt attempt, Exception exception, AttemptDelivery delivered = AttemptDelivery.Nothing) =>
        StepsDown(attempt, attempt.Context.FailureOf(exception), delivered);

    /// <summary>Whether a running attempt may still answer after the last failure.</summary>
    public bool MayStillAnswer(in Attempt running, in Attempt failed) =>
        !Context.IsCancelledByCaller
        && (!failed.IsFirst
            || FailureTable.Of(Recorder.LastKind).StepDownRule switch
            {
                StepDownRule.LargerWindowOnly => Eligibility.HasLargerWindow(running.Step),
                StepDownRule.AnotherModelOnly => true,
                _ => false,
            });

    /// <summary>The failure of the request when no step is left.</summary>
    public AttemptFailure Exhausted()
    {
        if (_reduction?.Refusal is { } refusal)
        {
            return refusal;
        }

        Context.Audit.HasFailedOver |= Math.Min(_index, Steps.Length) > 1;
        return FinalFailure.Of(request, Recorder, Eligibility.WasRefusedByResidency);
    }

    /// <summary>Returns a probe permit that was taken for an attempt and never used.</summary>
    public void ReleaseReservation()
    {
        Context.ReleaseReservation();
        Attempt.Options?.Context?.ReleaseReservation();
    }

    private bool StepsDownAfter(in Attempt attempt, FailureKind kind, AttemptFailure failure)
    {
        var classifier = attempt.Step.Classifier;
        if (attempt.Role == AttemptRole.Reduced && FailureTable.Of(kind).StepDownRule != StepDownRule.AsReaction)
        {
            // The provider refuses the shorter history as well: the caller knows only the whole.
            _reduction!.GiveUp();
            return true;
        }

        switch (classifier.IsOverridden(kind) ? StepDownRule.AsReaction : FailureTable.Of(kind).StepDownRule)
        {
            case StepDownRule.NotFromFirst:
                _refusals.Note(attempt, request);
                return _refusals.IsInDoubt ? HasLaterModel() : !attempt.IsFirst;
            case StepDownRule.LargerWindowOnly:
                Eligibility.RequireLargerWindowThan(attempt.Step);
                var goesOn = !attempt.IsFirst || HasLaterModel();
                if (_reduction is null || (_reduction.IsOpen && !goesOn))
                {
                    // The best model's, also where a hedge on a lower one was refused before.
                    _reduction = HistoryReduction.Of(request, attempt, failure, isCallers: !goesOn);
                }

                return goesOn || _reduction is { IsNext: true };
            case StepDownRule.AnotherModelOnly:
                return !attempt.IsFirst || HasLaterModel();
            default:
                return classifier.ReactionTo(kind).StepDown;
        }
    }

    private bool TryAsk(Step step, bool takesSlow = false, bool takesTrial = false) =>
        TryAsk(step, AttemptRole.Ordinary, Context.Attempts.StartedAt, takesSlow, takesTrial);

    /// <summary>Decides whether a model may be asked now, and with what; if not, records why.</summary>
    private bool TryAsk(
        Step step, AttemptRole role, long now, bool takesSlow = false, bool takesTrial = false, bool? plainAsFirst = null)
    {
        if (role != AttemptRole.Reduced && Eligibility.WhyNot(step) is { } reason)
        {
            Recorder.PassedOver(step, FailureKind.Rejected, reason);
            return false;
        }

        Recorder.NoteEligible(step);
        var availability = step.Check();
        var isLastModel = !HasLaterModel() && _postponed is not { HasLastChoice: true };
        takesSlow |= availability.IsSlow && !availability.IsDrained && isLastModel;
        if (!availability.IsAvailable && !(availability.IsLastChoice && takesSlow) && !(availability.IsLeftToProbe && takesTrial))
        {
            Recorder.PassedOver(step, availability);
            if (availability.IsLastChoice || availability.IsLeftToProbe || role == AttemptRole.Hedge)
            {
                (_postponed ??= new()).Add(step, availability);
            }

            return false;
        }

        if (Deadline(now, isLastModel) is not { } deadline)
        {
            Recorder.PassedOver(step, FailureKind.Rejected, "no time left");
            return false;
        }

        if (availability.NeedsReservation && !step.Availability!.TryReserve(Context))
        {
            Recorder.PassedOver(step, FailureKind.CircuitOpen, "probe in progress");
            return false;
        }

        var isFirst = plainAsFirst ?? Recorder.NoteAsked();
        try
        {
            _attempt = Attempt.For(
                request,
                step,
                new(step.Endpoint, deadline, isLastModel, takesSlow),
                role,
                isFirst,
                availability.NeedsReservation,
                isPlain: plainAsFirst is not null);
            return true;
        }
        catch (Exception exception) when (StepsDown(Attempt.AsIs(request, step, role, isFirst), exception) || role == AttemptRole.Hedge)
        {
            // ConfigureOptions is application code. If it fails for one model, the next, or the slow one being hedged, may still answer.
            return false;
        }
    }

    private long? Deadline(long now, bool isLastModel) =>
        request.Chain.TimeShare.Slice(Context, now, isLastModel, Eligibility.HasLocalStepBehind(_index));

    /// <summary>Asks a slow or drained model if no other is left.</summary>
    private bool TryAskLastChoice()
    {
        while (_postponed is { HasLastChoice: true } && !HasLaterModel() && _postponed.TryTakeLastChoice(out var step))
        {
            if (TryAsk(step, takesSlow: true))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks a model that is about to be probed if nothing else has answered.</summary>
    private bool TryAskLeftToProbe()
    {
        while (_postponed?.TryTakeLeftToProbe(out var step) == true)
        {
            if (TryAsk(step, takesTrial: true))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks the endpoint that refused the whole history for an answer to less of it.</summary>
    private async ValueTask<bool> MoveToReducedAsync(CancellationToken cancellationToken)
    {
        var reduction = _reduction!;
        var until = Deadline(Context.TimeProvider.GetTimestamp(), isLastModel: false);
        if (await reduction.ReduceAsync(until, cancellationToken).ConfigureAwait(false) is { } messages)
        {
            Context.BeginAttempt();
            if (TryAsk(reduction.Step, AttemptRole.Reduced, Context.Attempts.StartedAt))
            {
                _attempt = Attempt with { Messages = messages, IsFirst = reduction.IsFirst };
                return true;
            }
        }

        reduction.GiveUp();
        return false;
    }

    private bool MoveToReopened()
    {
        Context.BeginAttempt();
        for (_index = 0; _index < Steps.Length; _index++)
        {
            var step = Steps[_index];
            if (Eligibility.MayAsk(step)
                && step.Check() is { IsAvailable: true } or { IsLeftToProbe: true }
                && TryAsk(step, takesTrial: true))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasLaterModel()
    {
        for (var i = _index + 1; i < Steps.Length; i++)
        {
            if (MayTakeOver(Steps[i]))
            {
                return true;
            }
        }

        return _postponed?.AnyPassedByHedge(MayTakeOver) == true;
    }

    private bool MayTakeOver(Step step) => Eligibility.MayAsk(step) && step.Check().IsAvailable;
}
