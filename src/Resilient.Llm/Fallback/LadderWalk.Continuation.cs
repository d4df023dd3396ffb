namespace Resilient.Llm;

/// <content>Who goes on with a stream that broke after its first content.</content>
internal sealed partial class LadderWalk
{
    private readonly Queue<Rung> _successors = new();
    private Rung? _broken;
    private FailureKind _brokenBy;
    private long _continuationDue;

    public MidStreamPolicy MidStream => ladder.Options.MidStream;

    public int MaxContinuations => ladder.Options.MaxContinuations;

    /// <summary>The request's own options, as the caller set them.</summary>
    public ResilientChatOptions Options => options;

    /// <summary>A stream broke after content had reached the caller. Corrects what was noted of it.</summary>
    public FailureKind Interrupted(Exception exception)
    {
        var rung = Step.Rung;
        var kind = rung.Classifier.Classify(exception, trace.CallerToken).Kind;
        trace.InterruptAttempt(kind, exception, Step.Trace);
        _events.Failed(rung.Name, rung.Endpoint, kind, exception);
        _brokenBy = kind;
        return kind;
    }

    /// <summary>Whether somebody else may do better after this kind of break. What the caller did wrong, or a filter struck, stays as it is.</summary>
    public bool MayContinueAfter(FailureKind kind) =>
        kind is not (FailureKind.Cancelled or FailureKind.InvalidRequest or FailureKind.ContextTooLong or FailureKind.ContentFiltered)
        && Step.Rung.Local is null
        && !IsBound(options)
        && Step.Rung.Classifier.ReactionTo(kind).StepDown;

    /// <summary>
    /// Lines up who may go on after a break: the models below the one that broke, then those from the top, itself the last. The request's deadline was for the
    /// first content; to go on they have as long again.
    /// </summary>
    public void BeginContinuation()
    {
        _successors.Clear();
        _broken = Step.Rung;
        var broken = Array.IndexOf(_rungs, _broken);
        for (var i = 1; i <= _rungs.Length; i++)
        {
            var index = (broken + i) % _rungs.Length;
            if (_rungs[index].Local is null && (_rungs[index].Level == 0 || options.AllowFallback))
            {
                _successors.Enqueue(_rungs[index]);
            }
        }

        trace.Trail.HasFailedOver |= _successors.Count > 1;
        var now = trace.TimeProvider.GetTimestamp();
        var whole = trace.Deadline == long.MaxValue ? long.MaxValue : trace.Deadline - trace.StartedAt;
        _continuationDue = whole > long.MaxValue - now ? long.MaxValue : now + whole;
    }

    /// <summary>Finds the next model that may go on with the answer; notes why others were passed over. False when there is none left.</summary>
    public bool MoveToContinuation(PartialAnswer partial)
    {
        while (_successors.TryDequeue(out var rung))
        {
            var own = trace.ForAttempt(_continuationDue, trace.CallerToken);
            own.IsContinuation = true;
            var availability = rung.Availability?.Check() ?? Availability.Open;
            var isLast = _successors.Count == 0;
            if (WhyNot(rung) is { } reason)
            {
                Skip(rung, FailureKind.Rejected, reason);
            }
            else if (HasBetterSuccessor(availability))
            {
                _successors.Enqueue(rung);
            }
            else if (!availability.IsAvailable && !availability.IsDrained && !availability.IsLeftToProbe && !(availability.IsSlow && isLast))
            {
                Skip(rung, availability.Refusal!.Value, Why(availability));
            }
            else if (ladder.TimeShare.Slice(own, own.StartedAt, isLast, keepsReserve: false) is not { } deadline)
            {
                Skip(rung, FailureKind.Rejected, "no time left");
            }
            else if (trace.HasAsked(rung.Name, rung.Endpoint.Endpoint) && rung.ExtraCalls?.TryTake() == false)
            {
                // The next one down is no extra call; the same one again is.
                Skip(rung, FailureKind.Rejected, "no extra call left");
            }
            else if (availability.NeedsReservation && !rung.Availability!.TryReserve(own))
            {
                Skip(rung, FailureKind.CircuitOpen, "probe in progress");
            }
            else if (TryPrepare(rung, own, new(rung.Endpoint, deadline, isLast, availability.IsLastChoice), partial))
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
        trace.NoteContinued();
        _events.Continued(_broken!.Endpoint, _brokenBy, Step.Rung.Endpoint);
    }

    /// <summary>Nobody goes on: the stream is interrupted.</summary>
    public void GaveUp(FailureKind kind, string why) => _events.Interrupted(trace.Endpoint, kind, why);

    private bool TryPrepare(Rung rung, RequestTrace own, AttemptPlan plan, PartialAnswer partial)
    {
        try
        {
            Prepare(rung, plan, AttemptRole.Continuation, own.Reservation is not null, own);
        }
        catch (Exception exception)
        {
            own.ReleaseReservation();
            Failed(new(rung, options, messages, AttemptRole.Continuation), exception, AttemptDelivery.Nothing);
            return false;
        }

        ContinuationRequest.Reduce(Step.Options, partial);
        Step = Step with { Messages = ContinuationRequest.Messages(Step.Messages, partial, ladder.Options.ContinuationInstruction) };
        return true;
    }
}
