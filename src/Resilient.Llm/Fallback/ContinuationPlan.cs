using Resilient.Llm.Continuation;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>The models that may continue a broken stream: those below its model, then those from the top, its own model last.</summary>
internal sealed class ContinuationPlan
{
    private readonly FallbackRequest _request;
    private readonly Eligibility _eligibility;
    private readonly AttemptRecorder _recorder;
    private readonly Queue<Step> _successors = new();

    // The request's deadline was for the first content; a continuation gets the same time again.
    private readonly long _deadline;

    public ContinuationPlan(FallbackRequest request, Eligibility eligibility, AttemptRecorder recorder, Step broken)
    {
        _request = request;
        _eligibility = eligibility;
        _recorder = recorder;
        var steps = request.Steps;
        var start = Array.IndexOf(steps, broken);
        for (var i = 1; i <= steps.Length; i++)
        {
            var step = steps[(start + i) % steps.Length];
            if (step.Local is null && eligibility.IsAllowed(step))
            {
                _successors.Enqueue(step);
            }
        }

        var context = request.Context;
        context.Audit.HasFailedOver |= _successors.Count > 1;
        var now = context.TimeProvider.GetTimestamp();
        var whole = context.Deadline == long.MaxValue ? long.MaxValue : context.Deadline - context.StartedAt;
        _deadline = whole > long.MaxValue - now ? long.MaxValue : now + whole;
    }

    /// <summary>Finds the next model that may continue the answer and records why others were passed over. Null if none is left.</summary>
    public Attempt? Next(PartialAnswer partial)
    {
        while (_successors.TryDequeue(out var step))
        {
            if (TryAsk(step, partial) is { } attempt)
            {
                return attempt;
            }
        }

        return null;
    }

    private Attempt? TryAsk(Step step, PartialAnswer partial)
    {
        var context = _request.Context;
        var own = context.ForAttempt(_deadline, context.CallerToken);
        own.IsContinuation = true;
        var availability = step.Check();
        var isLast = _successors.Count == 0;
        if (_eligibility.WhyNot(step) is { } reason)
        {
            _recorder.PassedOver(step, FailureKind.Rejected, reason);
        }
        else if (HasBetterSuccessor(availability))
        {
            _successors.Enqueue(step);
        }
        else if (!availability.IsAvailable && !availability.IsDrained && !availability.IsLeftToProbe && !(availability.IsSlow && isLast))
        {
            _recorder.PassedOver(step, availability);
        }
        else if (_request.Chain.TimeShare.Slice(own, own.StartedAt, isLast, keepsReserve: false) is not { } deadline)
        {
            _recorder.PassedOver(step, FailureKind.Rejected, "no time left");
        }
        else if (context.Attempts.HasAsked(step.Name, step.Endpoint.Name) && step.RetryBudget?.TryTake() == false)
        {
            // Only a second call to a model counts as an extra call.
            _recorder.PassedOver(step, FailureKind.Rejected, "no extra call left");
        }
        else if (availability.NeedsReservation && !step.Availability!.TryReserve(own))
        {
            _recorder.PassedOver(step, FailureKind.CircuitOpen, "probe in progress");
        }
        else
        {
            return Prepare(step, own, new(step.Endpoint, deadline, isLast, availability.IsLastChoice), partial);
        }

        return null;
    }

    /// <summary>Whether a better successor is left: endpoints about to be probed come after all others, drained regions last.</summary>
    private bool HasBetterSuccessor(Availability availability) =>
        (availability.IsDrained || availability.IsLeftToProbe)
        && _successors.Any(other => other.Check() is { IsDrained: false } better && (availability.IsDrained || !better.IsLeftToProbe));

    private Attempt? Prepare(Step step, RequestContext own, AttemptPlan plan, PartialAnswer partial)
    {
        Attempt attempt;
        try
        {
            attempt = Attempt.For(
                _request, step, plan, AttemptRole.Continuation, _recorder.NoteAsked(step), own.Reservation is not null, own);
        }
        catch (Exception exception)
        {
            // The application's ConfigureOptions failed for this model; the next may still continue the answer.
            own.ReleaseReservation();
            UnsentCalls.NoteAny(exception);
            _recorder.Failed(Attempt.AsIs(_request, step, AttemptRole.Continuation), _request.Context.FailureOf(exception));
            return null;
        }

        ContinuationRequest.Reduce(attempt.Options, partial);
        var messages = ContinuationRequest.Messages(attempt.Messages, partial, _request.Chain.Options.ContinuationInstruction);
        return attempt with { Messages = messages };
    }
}
