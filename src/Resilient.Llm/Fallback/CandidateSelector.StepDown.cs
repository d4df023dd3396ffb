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
    public bool StepsDown(in Attempt attempt, AttemptFailure failure, AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        var kind = Recorder.Failed(attempt, failure, delivered);
        if (!StepsDownAfter(attempt, failure, kind, beside: null))
        {
            return false;
        }

        request.Chain.Events.FellBack(attempt.Step.Endpoint, kind, failure.Exception);
        return true;
    }

    /// <summary>The same for an attempt that has failed while another is running.</summary>
    public bool StepsDownBeside(Step running, in Attempt attempt, Exception exception, AttemptDelivery delivered)
    {
        var kind = Recorder.Failed(attempt, attempt.Context.FailureOf(exception), delivered);
        if (!StepsDownAfter(attempt, attempt.Context.FailureOf(exception), kind, running))
        {
            return false;
        }

        request.Chain.Events.FellBack(attempt.Step.Endpoint, kind, exception);
        return true;
    }

    /// <summary>
    /// After a refusal that <see cref="StepsDown(in Attempt, AttemptFailure, AttemptDelivery)"/> leaves to the caller: asks the endpoint a
    /// question of our own where that decides whose fault it is. True: the endpoint's, so continue with the next step.
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

    /// <inheritdoc cref="StepsDown(in Attempt, AttemptFailure, AttemptDelivery)"/>
    public bool StepsDown(in Attempt attempt, Exception exception, AttemptDelivery delivered = AttemptDelivery.Nothing) =>
        StepsDown(attempt, attempt.Context.FailureOf(exception), delivered);

    /// <summary>Whether a running attempt may still answer after the last failure.</summary>
    public bool MayStillAnswer(in Attempt running, in Attempt failed) =>
        !Context.IsCancelledByCaller
        && (!failed.IsFirst
            || _inquiry is { IsPending: true }
            || (FailureTable.Of(Recorder.LastKind).StepDownRule == StepDownRule.LargerWindowOnly
                && Eligibility.HasLargerWindow(running.Step)));

    /// <summary>The failure of the request when no step is left.</summary>
    public AttemptFailure Exhausted()
    {
        Context.Audit.HasFailedOver |= Math.Min(_index, Steps.Length) > 1;
        if (_inquiry is { IsPending: true } inquiry)
        {
            return Context.Failure = inquiry.Refusal;
        }

        return FinalFailure.Of(request, Recorder, Eligibility.WasRefusedByResidency);
    }

    private bool StepsDownAfter(in Attempt attempt, AttemptFailure failure, FailureKind kind, Step? beside)
    {
        var classifier = attempt.Step.Classifier;
        var row = FailureTable.Of(kind);
        if (classifier.IsOverridden(kind))
        {
            return classifier.ReactionTo(kind).StepDown;
        }

        if (row.IsRefusal && RefusalInquiry.StepsDown(this, ref _inquiry, attempt, failure, beside) is { } decided)
        {
            return decided || IsStillTooLong(attempt.Step, row);
        }

        if (row.IsOnThisSide && IsTheApplications(failure.Exception, attempt.IsFirst))
        {
            return false;
        }

        switch (row.StepDownRule)
        {
            case StepDownRule.NotFromFirst:
                return !attempt.IsFirst;
            case StepDownRule.LargerWindowOnly:
                Eligibility.RequireLargerWindowThan(attempt.Step);
                return !attempt.IsFirst || HasLaterModel();
            default:
                return classifier.ReactionTo(kind).StepDown;
        }
    }

    /// <summary>Two endpoints agree on a refusal. If it is for its length, a larger model may take it; otherwise the first refusal stands.</summary>
    private bool IsStillTooLong(Step step, FailureRow row)
    {
        if (row.StepDownRule == StepDownRule.LargerWindowOnly && _inquiry is { IsConfirmed: true })
        {
            Eligibility.RequireLargerWindowThan(step);
            if (HasLaterModel())
            {
                return true;
            }
        }

        if (_inquiry is { IsConfirmed: true } inquiry)
        {
            // The root finds a failure's kind by the last one.
            FirstRefusal = Context.Failure = inquiry.Refusal;
        }

        return false;
    }

    /// <summary>
    /// Whether an exception tells the application of its own mistake: code in the request threw, or a client inside the best model lost the
    /// request's context. Inside another model that is only a model that cannot take over.
    /// </summary>
    private static bool IsTheApplications(Exception exception, bool isFirst) =>
        (isFirst && exception is MissingRequestContextException) || UnsentCalls.IsCallersOwn(exception);

    private bool StepsDownUnprepared(in Attempt attempt, Exception exception)
    {
        UnsentCalls.NoteAny(exception);
        return StepsDown(attempt, exception) || attempt.Role == AttemptRole.Hedge;
    }
}
