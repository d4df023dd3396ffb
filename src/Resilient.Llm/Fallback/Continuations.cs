using System.Runtime.ExceptionServices;
using Resilient.Llm.Continuation;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;

namespace Resilient.Llm.Fallback;

/// <summary>Decides what follows when a stream breaks after its first content: a continuation, or an interruption.</summary>
/// <remarks>For one stream. Not thread-safe.</remarks>
internal sealed class Continuations(CandidateSelector selector, CancellationToken cancellationToken)
{
    private readonly FallbackRequest _request = selector.Request;
    private int _count;
    private Exception? _break;
    private FailureKind _kind;
    private Step? _broken;
    private PartialAnswer? _partial;
    private ContinuationPlan? _plan;

    /// <summary>Finds the continuation. Null if nothing is missing: the finish reason arrived before the connection broke.</summary>
    /// <param name="failure">How the present stream ended.</param>
    /// <param name="failed">The present stream, if it is a continuation itself.</param>
    /// <param name="delivered">What has arrived.</param>
    /// <param name="released">How many of these updates the caller has received: the continuation begins there.</param>
    /// <exception cref="ChatStreamInterruptedException">No model can continue.</exception>
    public ContinuedStream? Next(Exception failure, ContinuedStream? failed, in DeliveredUpdates delivered, int released)
    {
        if (failed is null or { HasJoined: true })
        {
            if (delivered.IsFinished && !_request.Context.IsCancelledByCaller)
            {
                return null;
            }

            Broke(failure, delivered, released);
        }
        else if (!selector.StepsDown(selector.Attempt, failure) && _request.Context.IsCancelledByCaller)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        if (_plan!.Next(_partial!) is not { } attempt)
        {
            throw Interruption("no model was left to continue it", delivered);
        }

        selector.MoveTo(attempt);
        return new(this, attempt, _partial!, cancellationToken);
    }

    /// <summary>Records that the caller receives the first text of a continuation.</summary>
    public void Joined()
    {
        selector.Recorder.Answered(selector.Attempt);
        _request.Context.NoteContinued();
        _request.Chain.Events.Continued(_broken!.Endpoint, _kind, selector.Attempt.Step.Endpoint);
    }

    /// <summary>Handles a break while text was being delivered: the next model has to continue from here.</summary>
    private void Broke(Exception failure, in DeliveredUpdates delivered, int released)
    {
        _break = failure;
        _broken = selector.Attempt.Step;
        _kind = selector.Recorder.Interrupted(selector.Attempt, failure);
        if (_kind == FailureKind.Cancelled)
        {
            // A break at the moment of the caller's cancellation is reported as a cancellation.
            ExceptionDispatchInfo.Throw(
                failure is OperationCanceledException
                    ? failure
                    : new OperationCanceledException("The caller cancelled.", failure, _request.Context.CallerToken));
        }

        var options = _request.Chain.Options;
        if (options.MidStream == MidStreamPolicy.Interrupt)
        {
            throw Interruption(null, delivered);
        }

        if (!MayContinue())
        {
            throw Interruption("another model cannot help with this kind of failure", delivered);
        }

        if (_count == options.MaxContinuations)
        {
            throw Interruption("it had been continued as often as is allowed", delivered);
        }

        _partial = PartialAnswer.Of(delivered.ToArray(released));
        if (_partial.WhyNotContinuable(_request.Options) is { } reason)
        {
            throw Interruption(reason, delivered);
        }

        _count++;
        _plan = new(_request, selector.Eligibility, selector.Recorder, _broken);
    }

    /// <summary>Whether another model may do better. The caller's mistakes and filtered content are not retried.</summary>
    private bool MayContinue() =>
        FailureTable.Of(_kind).Subject != FailureSubject.Request
        && _broken!.Local is null
        && !_request.Options.IsBound
        && _broken.Classifier.ReactionTo(_kind).StepDown;

    private ChatStreamInterruptedException Interruption(string? whyNotContinued, in DeliveredUpdates delivered)
    {
        var context = _request.Context;
        _request.Chain.Events.Interrupted(context.Answer.Endpoint, _kind, whyNotContinued ?? "the policy says so");
        return new(
            $"The stream of {context.Answer.ServedBy} broke after its first content ({_kind})"
            + (whyNotContinued is null ? ". " : $" and was not continued: {whyNotContinued}. ")
            + $"{nameof(ChatStreamInterruptedException.PartialResponse)} holds what had arrived.",
            _kind,
            delivered.ToChatResponse(),
            context.ToReport(withAttempts: true),
            _break);
    }
}
