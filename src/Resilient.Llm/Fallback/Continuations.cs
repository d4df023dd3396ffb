using System.Runtime.ExceptionServices;
using Resilient.Llm.Continuation;

namespace Resilient.Llm.Fallback;

/// <summary>Decides what becomes of a stream that broke after its first content: who goes on with it, or how the caller learns that it was interrupted.</summary>
/// <remarks>Of one stream. Not thread-safe.</remarks>
internal sealed class Continuations(CandidateSelector walk, CancellationToken cancellationToken)
{
    private int _count;
    private Exception? _break;
    private FailureKind _kind;
    private PartialAnswer? _partial;

    /// <summary>Finds the stream that goes on; null when nothing is missing: the answer had its finish reason, and only the rest of the connection was lost.</summary>
    /// <param name="failure">How the present one ended.</param>
    /// <param name="failed">The present one, if it is a continuation itself.</param>
    /// <param name="delivered">What the caller has.</param>
    /// <exception cref="ChatStreamInterruptedException">Nobody can go on.</exception>
    public ContinuedStream? Next(Exception failure, ContinuedStream? failed, in DeliveredUpdates delivered)
    {
        if (failed is null or { HasJoined: true })
        {
            if (delivered.IsFinished && !walk.Context.IsCancelledByCaller)
            {
                return null;
            }

            Broke(failure, delivered);
        }
        else if (!walk.StepsDown(walk.Attempt, failure) && walk.Context.IsCancelledByCaller)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return walk.MoveToContinuation(_partial!)
            ? new(walk, _partial!, cancellationToken)
            : throw Interruption("nobody was left to go on with it", delivered);
    }

    /// <summary>Text was flowing when it broke: this is a break of its own, and whoever goes on has to go on from here.</summary>
    private void Broke(Exception failure, in DeliveredUpdates delivered)
    {
        _break = failure;
        _kind = walk.Interrupted(failure);
        if (_kind == FailureKind.Cancelled)
        {
            // A break in the very moment in which the caller cancelled is told as what the caller did.
            ExceptionDispatchInfo.Throw(
                failure is OperationCanceledException ? failure : new OperationCanceledException("The caller cancelled.", failure, walk.Context.CallerToken));
        }

        if (walk.MidStream == MidStreamPolicy.Interrupt)
        {
            throw Interruption(null, delivered);
        }

        if (!walk.MayContinueAfter(_kind))
        {
            throw Interruption("this is not a kind of failure that another model could mend", delivered);
        }

        if (_count == walk.MaxContinuations)
        {
            throw Interruption("it had been continued as often as is allowed", delivered);
        }

        _partial = PartialAnswer.Of(delivered.ToArray());
        if (_partial.WhyNotContinuable(walk.Options) is { } reason)
        {
            throw Interruption(reason, delivered);
        }

        _count++;
        walk.BeginContinuation();
    }

    private ChatStreamInterruptedException Interruption(string? whyNotContinued, in DeliveredUpdates delivered)
    {
        walk.GaveUp(_kind, whyNotContinued ?? "the policy says so");
        return new(
            $"The stream of {walk.Context.Answer.ServedBy} broke after its first content ({_kind})"
            + (whyNotContinued is null ? ". " : $" and was not continued: {whyNotContinued}. ")
            + $"{nameof(ChatStreamInterruptedException.PartialResponse)} holds what had arrived.",
            _kind,
            delivered.ToChatResponse(),
            walk.Context.ToReport(withAttempts: true),
            _break);
    }
}
