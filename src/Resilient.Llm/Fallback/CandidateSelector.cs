using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Finds the next step that is eligible, available and fits the time left, and decides whether a failure steps down.</summary>
/// <remarks>Not thread-safe: attempts may overlap, but only one at a time uses the selector.</remarks>
internal sealed partial class CandidateSelector(FallbackRequest request)
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
            else if (_reduction is { IsOpen: true } || _inquiry is { IsPending: true })
            {
                // A model's answer to less of the history is better than one without a model, and code of ours does not show whose fault a
                // refusal is. Return to this step if there is none.
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
        while (_index + 1 < Steps.Length && !IsRefusedByModel(slow))
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

    /// <summary>Returns a probe permit that was taken for an attempt and never used.</summary>
    public void ReleaseReservation()
    {
        Context.ReleaseReservation();
        Attempt.Options?.Context?.ReleaseReservation();
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

        var isFirst = plainAsFirst ?? (Recorder.NoteAsked(step) && !IsStandIn(step));
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
        catch (Exception exception) when (StepsDownUnprepared(Attempt.AsIs(request, step, role, isFirst), exception))
        {
            // ConfigureOptions is application code. If it fails for one model, the next, or the slow one being hedged, may still answer.
            return false;
        }
    }

    /// <summary>Whether the endpoint stands in for a sibling that is out: routing puts those behind, so none was passed over.</summary>
    private bool IsStandIn(Step step)
    {
        if (request.Chain.Routed is null)
        {
            return false;
        }

        foreach (var other in Steps)
        {
            if (other.Level == step.Level && other != step && other.Check().IsOut && Eligibility.MayAsk(other))
            {
                return true;
            }
        }

        return false;
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

    /// <summary>Whether a model that has not been asked could take over now.</summary>
    /// <param name="level">Of this level only; null: of any.</param>
    public bool HasLaterModel(int? level = null)
    {
        for (var i = _index + 1; i < Steps.Length; i++)
        {
            if (Steps[i].Level == (level ?? Steps[i].Level) && MayTakeOver(Steps[i]))
            {
                return true;
            }
        }

        return _postponed?.AnyPassedByHedge(step => step.Level == (level ?? step.Level) && MayTakeOver(step)) == true;
    }

    private bool MayTakeOver(Step step) => Eligibility.MayAsk(step) && step.Check().IsAvailable;
}
