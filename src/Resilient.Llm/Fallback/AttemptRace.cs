using System.Runtime.ExceptionServices;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>Attempts of one request that run at once because the first is slow. The first answer (or first content) wins.</summary>
/// <remarks>
/// Losers are abandoned, not awaited: their results are observed and dropped, and their circuits see a caller that cancelled.
/// Hedged requests after J. Dean and L. Barroso, "The Tail at Scale" (CACM 56, 2013).
/// One reader at a time. The race may be abandoned from another thread.
/// </remarks>
/// <param name="selector">Finds the model for each further attempt.</param>
/// <param name="delay">How long the first attempt may take before a hedge starts.</param>
/// <param name="cancellationToken">The token that the ladder was called with.</param>
internal sealed class AttemptRace<TRunner>(CandidateSelector selector, TimeSpan delay, CancellationToken cancellationToken)
    where TRunner : class, IRaceRunner<TRunner>
{
    private readonly Lock _lock = new();
    private readonly RaceSignal<TRunner> _signal = new(selector.Request.Context.TimeProvider);

    // In start order. Written by the reader only, but under the lock: a disposal may read it on another thread.
    private readonly List<TRunner> _running = new(2);
    private bool _isOver;

    /// <summary>The oldest running attempt; at the end the winner, or the last attempt that failed. Null before the first read.</summary>
    public TRunner? Leader { get; private set; }

    /// <summary>Whether the race's failure goes to the caller unchanged.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Starts or resumes the leader and waits for an attempt with something to deliver. Starts hedges meanwhile.</summary>
    /// <returns>The winner, or a leader that has something to deliver before its first content.</returns>
    /// <exception cref="Exception">
    /// All attempts failed, or one failure settles the race. Unless the race is settled, the selector is at that attempt.
    /// </exception>
    public async ValueTask<TRunner> NextAsync()
    {
        if (Leader is null)
        {
            Start();
        }
        else
        {
            _ = Leader.RunAsync(_signal, isLeader: true);
        }

        while (true)
        {
            if (await _signal.NextAsync().ConfigureAwait(false) is not { } runner)
            {
                Hedge(_running[^1].Attempt);
            }
            else if (runner.Failure is not null || IsHedgeInVain(runner))
            {
                Failed(runner);
            }
            else
            {
                if (runner.HasAnswered)
                {
                    Won(runner);
                }

                return runner;
            }
        }
    }

    /// <summary>Ends the race without a winner, also while a read is pending. Idempotent; any thread.</summary>
    public void Abandon()
    {
        TRunner[] running;
        lock (_lock)
        {
            _isOver = true;
            running = [.. _running];
        }

        _signal.Close();
        foreach (var runner in running)
        {
            runner.Abandon();
        }
    }

    /// <summary>Records the running attempts as outrun. Called by the reader at the end of the race.</summary>
    public void NoteOutrun()
    {
        foreach (var runner in _running)
        {
            NoteOutrun(runner);
        }
    }

    /// <summary>Starts an attempt at the selector's current model.</summary>
    private void Start()
    {
        var runner = TRunner.Create(selector.Attempt, selector.Request.Context.CallerToken, cancellationToken);
        lock (_lock)
        {
            if (_isOver)
            {
                throw InnerStream.Left();
            }

            _running.Add(runner);
        }

        var isFirst = Leader is null;
        Leader ??= runner;
        if (!runner.RunAsync(_signal, isFirst).IsCompleted && (isFirst ? delay : runner.Attempt.HedgeAfter) is { } next)
        {
            _signal.ReportIn(next);
        }
    }

    private void Hedge(in Attempt slow)
    {
        if (selector.TryHedge(slow))
        {
            // From here on the wait for the new attempt counts.
            _signal.StopTimer();
            Start();
        }
    }

    /// <summary>Whether a hedge's answer must not win against an attempt that is still running.</summary>
    private bool IsHedgeInVain(TRunner runner) =>
        runner.Attempt.Role == AttemptRole.Hedge && _running.Count > 1 && runner.HasAnswered && runner.RejectAsHedge();

    private void Won(TRunner winner)
    {
        _signal.Close();
        foreach (var runner in _running)
        {
            if (runner != winner)
            {
                NoteOutrun(runner);
                runner.Abandon();
            }
        }

        Leader = winner;
        selector.MoveTo(winner.Attempt);
    }

    private void NoteOutrun(TRunner runner)
    {
        if (!selector.Request.IsLeftBehind(cancellationToken))
        {
            selector.Recorder.Outrun(runner.Attempt, runner.Delivered);
        }
    }

    /// <summary>Takes a failed attempt out of the race. Throws its failure if no other attempt may answer.</summary>
    private void Failed(TRunner failed)
    {
        if (failed == _running[^1])
        {
            _signal.StopTimer();
        }

        lock (_lock)
        {
            _running.Remove(failed);
        }

        failed.Abandon();
        var failure = DetachedWork.AsSeenBy(failed.Failure!, cancellationToken);
        if (_running.Count == 0)
        {
            // The ladder records this failure and steps down.
            selector.MoveTo(failed.Attempt);
            ExceptionDispatchInfo.Throw(failure);
        }

        if (selector.Request.IsLeftBehind(cancellationToken)
            || (!selector.StepsDown(failed.Attempt, failure, failed.Delivered, beside: _running[0].Attempt.Step)
                && IsLastWord(failed.Attempt)))
        {
            IsSettled = true;
            ExceptionDispatchInfo.Throw(failure);
        }

        // If the leader failed: its successor is reading already, and continues until its first content.
        Leader = _running[0];
        if (failed.Attempt.Role == AttemptRole.Hedge && Leader.Attempt.Step.Hedging is not null)
        {
            // The oldest remaining attempt is still as slow as when it was hedged.
            Hedge(Leader.Attempt);
        }
    }

    private bool IsLastWord(in Attempt failed)
    {
        foreach (var runner in _running)
        {
            if (selector.MayStillAnswer(runner.Attempt, failed))
            {
                return false;
            }
        }

        return true;
    }
}
