using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <content>What follows a failure: the next step, or the failure goes to the caller.</content>
internal sealed partial class CandidateSelector
{
    private RefusalInquiry? _inquiry;

    /// <summary>
    /// What the caller gets in place of the last failure: the first refusal of a request that another endpoint refused as well. Null: the
    /// last failure.
    /// </summary>
    public AttemptFailure? FirstRefusal { get; private set; }

    /// <summary>Handles a failed attempt. True: continue with the next step. False: the failure goes to the caller unchanged.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="failure">Its failure.</param>
    /// <param name="delivered">What the caller had seen of it.</param>
    /// <param name="beside">A step that is being asked at the same time; null if there is none.</param>
    public bool StepsDown(
        in Attempt attempt, AttemptFailure failure, AttemptDelivery delivered = AttemptDelivery.Nothing, Step? beside = null)
    {
        var kind = Recorder.Failed(attempt, failure, delivered);
        if (!Context.IsCancelledByCaller && _refusals.AsksAgain(attempt, kind))
        {
            return true;
        }

        if (!StepsDownAfter(attempt, failure, kind, beside))
        {
            return false;
        }

        request.Chain.Events.FellBack(attempt.Step.Endpoint, kind, failure.Exception);
        return true;
    }

    /// <inheritdoc cref="StepsDown(in Attempt, AttemptFailure, AttemptDelivery, Step)"/>
    public bool StepsDown(
        in Attempt attempt, Exception exception, AttemptDelivery delivered = AttemptDelivery.Nothing, Step? beside = null) =>
        StepsDown(attempt, attempt.Context.FailureOf(exception), delivered, beside);

    /// <summary>
    /// After a refusal that <see cref="StepsDown(in Attempt, AttemptFailure, AttemptDelivery, Step)"/> leaves to the caller: asks the
    /// endpoint a question of our own where that decides whose fault it is. True: the endpoint's, so continue with the next step.
    /// </summary>
    public async ValueTask<bool> IsEndpointsFaultAsync(CancellationToken received)
    {
        if (_inquiry is not { NeedsProbe: true } inquiry || !await inquiry.ProbeAsync(received).ConfigureAwait(false))
        {
            return false;
        }

        request.Chain.Events.FellBack(inquiry.Step.Endpoint, Recorder.LastKind, inquiry.Refusal.Exception);
        return true;
    }

    /// <summary>Whether a running attempt may still answer after the last failure.</summary>
    public bool MayStillAnswer(in Attempt running, in Attempt failed) =>
        !Context.IsCancelledByCaller
        && !IsRefusedByModel(failed)
        && (!failed.IsFirst
            || _inquiry is { IsPending: true }
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
        return _inquiry is { IsPending: true } inquiry
            ? Context.Failure = inquiry.Refusal
            : FinalFailure.Of(request, Recorder, Eligibility.WasRefusedByResidency);
    }

    private bool StepsDownAfter(in Attempt attempt, AttemptFailure failure, FailureKind kind, Step? beside)
    {
        var classifier = attempt.Step.Classifier;
        var row = FailureTable.Of(kind);
        if (IsRefusedByModel(attempt))
        {
            return false;
        }

        if (attempt.Role == AttemptRole.Reduced && row.StepDownRule != StepDownRule.AsReaction)
        {
            // The provider refuses the shorter history as well: the caller knows only the whole.
            _reduction!.GiveUp();
            return true;
        }

        if (classifier.IsOverridden(kind))
        {
            return classifier.ReactionTo(kind).StepDown;
        }

        if (row.IsOnThisSide && IsTheApplications(failure.Exception, attempt.IsFirst))
        {
            return false;
        }

        var stepsDown = row.IsRefusal ? StepsDownAfterRefusal(attempt, failure, row, beside)
            : row.StepDownRule == StepDownRule.AnotherModelOnly ? !attempt.IsFirst || HasLaterModel()
            : classifier.ReactionTo(kind).StepDown;
        if (!stepsDown && row.IsRefusal && _inquiry is { IsConfirmed: true } inquiry)
        {
            // The root finds a failure's kind by the last one.
            FirstRefusal = Context.Failure = inquiry.Refusal;
        }

        return stepsDown;
    }

    private bool StepsDownAfterRefusal(in Attempt attempt, AttemptFailure failure, FailureRow row, Step? beside)
    {
        if (row.RefusesUnknownState && (_refusals.IsInDoubt || StateRefusals.MayConcernState(attempt, request)))
        {
            // What another endpoint made may be what is refused: that says nothing about this one.
            _refusals.Note(attempt, request);
            return _refusals.IsInDoubt ? HasLaterModel() : !attempt.IsFirst;
        }

        // A larger model takes a long request, so the endpoint itself is questioned only where there is none.
        var mayBeLarger = row.StepDownRule == StepDownRule.LargerWindowOnly;
        RefusalInquiry.Note(attempt);
        var decided = RefusalInquiry.StepsDown(this, ref _inquiry, attempt, failure, beside, siblingsOnly: mayBeLarger);
        if (!mayBeLarger || decided == true)
        {
            return decided ?? !attempt.IsFirst;
        }

        return StepsDownToLarger(attempt, failure, isTheCallers: attempt.IsFirst || decided == false)
            || RefusalInquiry.StepsDown(this, ref _inquiry, attempt, failure, beside, siblingsOnly: false) == true;
    }

    private bool StepsDownToLarger(in Attempt attempt, AttemptFailure failure, bool isTheCallers)
    {
        Eligibility.RequireLargerWindowThan(attempt.Step);
        var goesOn = !isTheCallers || HasLaterModel();
        if (_reduction is null || (_reduction.IsOpen && !goesOn))
        {
            // The best model's, also where a hedge on a lower one was refused before.
            _reduction = HistoryReduction.Of(request, attempt, _inquiry?.Refusal ?? failure, isCallers: !goesOn);
        }

        return goesOn || _reduction is { IsNext: true };
    }

    /// <summary>
    /// Whether an exception tells the application of its own mistake: code in the request threw, or a client inside the best model lost the
    /// request's context. Inside another model that is only a model that cannot take over.
    /// </summary>
    private static bool IsTheApplications(Exception exception, bool isFirst) =>
        (isFirst && exception is MissingRequestContextException) || UnsentCalls.IsCallersOwn(exception);

    /// <summary>Whether a model was refusing when the attempt ended: no other is asked, as if the refusal had come to its end.</summary>
    /// <remarks>The refusal of a hedge is not the last word: the model that it stands beside may answer.</remarks>
    private static bool IsRefusedByModel(in Attempt attempt) =>
        attempt.Context.IsRefusedByModel
        && attempt.Role != AttemptRole.Hedge
        && !attempt.Step.Classifier.ReactionTo(FailureKind.ContentFiltered).StepDown;

    private bool StepsDownUnprepared(in Attempt attempt, Exception exception)
    {
        UnsentCalls.NoteAny(exception);
        return StepsDown(attempt, exception) || attempt.Role == AttemptRole.Hedge;
    }
}
