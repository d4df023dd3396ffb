using System.Runtime.ExceptionServices;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>
/// Several attempts at one question that run at once, because the first was slow: the first answer, or first content of a stream, wins.
/// </summary>
/// <remarks>
/// <para>
/// Losers are not waited for: they are abandoned, and what they still do is observed and dropped. To its circuit a loser looks like a
/// caller that left. After J. Dean and L. Barroso, "The Tail at Scale" (CACM 56, 2013): hedged requests.
/// </para>
/// <para>One reader at a time. The race may be abandoned from another thread.</para>
/// </remarks>
/// <param name="selector">Finds the model for each further attempt.</param>
/// <param name="delay">How long the first attempt may take before another one is started.</param>
/// <param name="cancellationToken">The token that the ladder was called with.</param>
internal sealed class AttemptRace<TRunner>(CandidateSelector selector, TimeSpan delay, CancellationToken cancellationToken)
    where TRunner : class, IRaceRunner<TRunner>
{
    private readonly Lock _lock = new();
    private readonly RaceSignal<TRunner> _signal = new(selector.Request.Context.TimeProvider);

    // In the order in which they were asked. Written by the reader alone, under the lock, since a disposal may read it on another thread.
    private readonly List<TRunner> _running = new(2);
    private bool _isOver;

    /// <summary>
    /// The oldest attempt that is still running; in the end the one that won, or the last one that failed. Null before the first read.
    /// </summary>
    public TRunner? Leader { get; private set; }

    /// <summary>Whether the failure that came out of the race goes to the caller as it is.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>
    /// Starts the leader, or lets it read on, and waits for an attempt with something to deliver. Starts hedges meanwhile.
    /// </summary>
    /// <returns>The winner, or a leader that has something to deliver before its first content.</returns>
    /// <exception cref="Exception">
    /// All attempts failed, or one did in a way that settles the race. The selector stands at that attempt, unless the race is settled.
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

    /// <summary>Ends the race without a winner, also while a read is pending. Any number of times, on any thread.</summary>
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

    /// <summary>Notes those that are still running as outrun. For the reader, at the end of the race.</summary>
    public void NoteOutrun()
    {
        foreach (var runner in _running)
        {
            NoteOutrun(runner);
        }
    }

    /// <summary>Starts an attempt at the model that the selector stands at.</summary>
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
            // The wait that counts from here on is that for the new attempt.
            _signal.StopTimer();
            Start();
        }
    }

    /// <summary>Whether a hedge answered with something that must not beat an attempt that is still running.</summary>
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
        selector.Attempt = winner.Attempt;
    }

    private void NoteOutrun(TRunner runner)
    {
        if (!selector.Request.IsLeftBehind(cancellationToken))
        {
            selector.Recorder.Outrun(runner.Attempt, runner.Delivered);
        }
    }

    /// <summary>Takes an attempt that failed out of the race. Throws its failure where none of the others may answer.</summary>
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
            // The ladder notes this failure, and steps down.
            selector.Attempt = failed.Attempt;
            ExceptionDispatchInfo.Throw(failure);
        }

        if (selector.Request.IsLeftBehind(cancellationToken)
            || (!selector.StepsDown(failed.Attempt, failure, failed.Delivered) && IsLastWord(failed.Attempt)))
        {
            IsSettled = true;
            ExceptionDispatchInfo.Throw(failure);
        }

        // Where the leader failed, its successor has been reading all the while, and goes on until its first content.
        Leader = _running[0];
        if (failed.Attempt.Role == AttemptRole.Hedge && Leader.Attempt.Step.Hedging is not null)
        {
            // The oldest of those that go on is still as slow as it was when it was hedged.
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
