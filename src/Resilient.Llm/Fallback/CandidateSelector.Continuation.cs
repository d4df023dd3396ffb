using Resilient.Llm.Continuation;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <content>Who goes on with a stream that broke after its first content.</content>
internal sealed partial class CandidateSelector
{
    private readonly Queue<Step> _successors = new();
    private Step? _broken;
    private FailureKind _brokenBy;
    private long _continuationDue;

    public MidStreamPolicy MidStream => ladder.Options.MidStream;

    public int MaxContinuations => ladder.Options.MaxContinuations;

    /// <summary>The request's own options, as the caller set them.</summary>
    public ResilientChatOptions Options => options;

    /// <summary>A stream broke after content had reached the caller. Corrects what was noted of it.</summary>
    public FailureKind Interrupted(Exception exception)
    {
        var step = Attempt.Step;
        var kind = step.Classifier.Classify(exception, context.CallerToken).Kind;
        context.InterruptAttempt(kind, exception, Attempt.Context);
        _events.Failed(step.Name, step.Endpoint, kind, exception);
        _brokenBy = kind;
        return kind;
    }

    /// <summary>Whether somebody else may do better after this kind of break. What the caller did wrong, or a filter struck, stays as it is.</summary>
    public bool MayContinueAfter(FailureKind kind) =>
        FailureTable.Of(kind).Subject != FailureSubject.Request
        && Attempt.Step.Local is null
        && !IsBound(options)
        && Attempt.Step.Classifier.ReactionTo(kind).StepDown;

    /// <summary>
    /// Lines up who may go on after a break: the models below the one that broke, then those from the top, itself the last. The request's deadline was for the
    /// first content; to go on they have as long again.
    /// </summary>
    public void BeginContinuation()
    {
        _successors.Clear();
        _broken = Attempt.Step;
        var broken = Array.IndexOf(_steps, _broken);
        for (var i = 1; i <= _steps.Length; i++)
        {
            var index = (broken + i) % _steps.Length;
            if (_steps[index].Local is null && (_steps[index].Level == 0 || options.AllowFallback))
            {
                _successors.Enqueue(_steps[index]);
            }
        }

        context.Trail.HasFailedOver |= _successors.Count > 1;
        var now = context.TimeProvider.GetTimestamp();
        var whole = context.Deadline == long.MaxValue ? long.MaxValue : context.Deadline - context.StartedAt;
        _continuationDue = whole > long.MaxValue - now ? long.MaxValue : now + whole;
    }

    /// <summary>Finds the next model that may go on with the answer; notes why others were passed over. False when there is none left.</summary>
    public bool MoveToContinuation(PartialAnswer partial)
    {
        while (_successors.TryDequeue(out var step))
        {
            var own = context.ForAttempt(_continuationDue, context.CallerToken);
            own.IsContinuation = true;
            var availability = step.Availability?.Check() ?? Availability.Open;
            var isLast = _successors.Count == 0;
            if (WhyNot(step) is { } reason)
            {
                Skip(step, FailureKind.Rejected, reason);
            }
            else if (HasBetterSuccessor(availability))
            {
                _successors.Enqueue(step);
            }
            else if (!availability.IsAvailable && !availability.IsDrained && !availability.IsLeftToProbe && !(availability.IsSlow && isLast))
            {
                Skip(step, availability.Refusal!.Value, Why(availability));
            }
            else if (ladder.TimeShare.Slice(own, own.StartedAt, isLast, keepsReserve: false) is not { } deadline)
            {
                Skip(step, FailureKind.Rejected, "no time left");
            }
            else if (context.HasAsked(step.Name, step.Endpoint.Name) && step.RetryBudget?.TryTake() == false)
            {
                // The next one down is no extra call; the same one again is.
                Skip(step, FailureKind.Rejected, "no extra call left");
            }
            else if (availability.NeedsReservation && !step.Availability!.TryReserve(own))
            {
                Skip(step, FailureKind.CircuitOpen, "probe in progress");
            }
            else if (TryPrepare(step, own, new(step.Endpoint, deadline, isLast, availability.IsLastChoice), partial))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether somebody is left who is to be asked before it: drained regions come behind all others, and before them those that are about to be probed.</summary>
    private bool HasBetterSuccessor(Availability availability) =>
        (availability.IsDrained || availability.IsLeftToProbe)
        && _successors.Any(other => (other.Availability?.Check() ?? Availability.Open) is { IsDrained: false } better && (availability.IsDrained || !better.IsLeftToProbe));

    /// <summary>The model that was asked to go on does so.</summary>
    public void Continued()
    {
        Answered();
        context.NoteContinued();
        _events.Continued(_broken!.Endpoint, _brokenBy, Attempt.Step.Endpoint);
    }

    /// <summary>Nobody goes on: the stream is interrupted.</summary>
    public void GaveUp(FailureKind kind, string why) => _events.Interrupted(context.Endpoint, kind, why);

    private bool TryPrepare(Step step, RequestContext own, AttemptPlan plan, PartialAnswer partial)
    {
        try
        {
            Prepare(step, plan, AttemptRole.Continuation, own.Reservation is not null, own);
        }
        catch (Exception exception)
        {
            own.ReleaseReservation();
            Failed(new(step, options, messages, AttemptRole.Continuation), exception, AttemptDelivery.Nothing);
            return false;
        }

        ContinuationRequest.Reduce(Attempt.Options, partial);
        Attempt = Attempt with { Messages = ContinuationRequest.Messages(Attempt.Messages, partial, ladder.Options.ContinuationInstruction) };
        return true;
    }
}
