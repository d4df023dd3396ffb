using System.Runtime.ExceptionServices;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>Streams of several models that run at once, because the first was slow to show content. The first content wins.</summary>
/// <remarks>
/// The oldest attempt has the floor: its reasoning is shown as it comes, that of the others is held until one of them wins. Those that lose are disposed
/// without waiting, which to their circuits looks like a consumer who walked away.
/// </remarks>
internal sealed class StreamRace(CandidateSelector walk, TimeSpan delay, CancellationToken cancellationToken)
{
    private readonly Lock _lock = new();
    private readonly Race<StreamAttempt> _race = new(walk.Context.TimeProvider);

    // In the order in which they were asked. Written by the reader alone, under the lock, since a disposal may look at it from elsewhere.
    private readonly List<StreamAttempt> _running = new(2);
    private bool _isFloorReading;
    private bool _isOver;

    /// <summary>The attempt that is shown: in the end the one that won, or the last one that failed.</summary>
    public StreamAttempt Floor { get; private set; } = null!;

    /// <summary>Whether the failure that came out of the race belongs to the caller as it is.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Reads on until the attempt that has the floor has something to deliver.</summary>
    /// <returns>False: its stream ended and nothing is held.</returns>
    public async ValueTask<bool> PullAsync()
    {
        var isFirst = _running.Count == 0;
        if (isFirst)
        {
            Floor = Add();
        }

        if (!_isFloorReading)
        {
            _isFloorReading = true;
            if (!Floor.RunAsync(_race, showsReasoning: true).IsCompleted && isFirst)
            {
                _race.ReportIn(delay);
            }
        }

        while (true)
        {
            if (await _race.NextAsync().ConfigureAwait(false) is not { } leg)
            {
                Hedge(_running[^1].Attempt);
                continue;
            }

            _isFloorReading &= leg != Floor;
            if (leg.Failure is not null || IsHedgeInVain(leg))
            {
                Failed(leg);
            }
            else if (leg.Gate.IsCommitted)
            {
                Won(leg);
                return leg.HasNext;
            }
            else if (leg == Floor)
            {
                return true;
            }
        }
    }

    /// <summary>Ends the race for everybody, also while somebody waits for it.</summary>
    public void Abandon()
    {
        StreamAttempt[] running;
        lock (_lock)
        {
            _isOver = true;
            running = [.. _running];
        }

        _race.Close();
        foreach (var leg in running)
        {
            leg.Abandon();
        }
    }

    /// <summary>Puts the model that the walk stands at into the race.</summary>
    private StreamAttempt Add()
    {
        var leg = new StreamAttempt(walk.Attempt.Apart(walk.Context.CallerToken), cancellationToken);
        lock (_lock)
        {
            if (_isOver)
            {
                throw InnerStream.Left();
            }

            _running.Add(leg);
        }

        return leg;
    }

    private void Remove(StreamAttempt leg)
    {
        lock (_lock)
        {
            _running.Remove(leg);
        }
    }

    private void Hedge(in Attempt slow)
    {
        if (!walk.TryHedge(slow))
        {
            return;
        }

        // From here on it is the new one's time that counts.
        _race.StopTimer();
        if (!Add().RunAsync(_race, showsReasoning: false).IsCompleted && walk.Attempt.HedgeAfter is { } next)
        {
            _race.ReportIn(next);
        }
    }

    private void Won(StreamAttempt winner)
    {
        _race.Close();
        foreach (var leg in _running)
        {
            if (leg != winner)
            {
                if (!walk.IsLeftBehind(cancellationToken))
                {
                    walk.Outrun(leg.Attempt, leg.Delivered);
                }

                leg.Abandon();
            }
        }

        Floor = winner;
        walk.Attempt = winner.Attempt;
    }

    private bool IsHedgeInVain(StreamAttempt leg) =>
        leg.Attempt.Role == AttemptRole.Hedge && _running.Count > 1 && leg.Gate.IsCommitted && leg.Fails(HedgeResultFilter.Of(leg));

    private void Failed(StreamAttempt leg)
    {
        if (leg == _running[^1])
        {
            _race.StopTimer();
        }

        Remove(leg);
        leg.Abandon();
        var failure = DetachedWork.AsSeenBy(leg.Failure!, cancellationToken);
        if (_running.Count == 0)
        {
            // The ladder notes this one, and steps down.
            Floor = leg;
            walk.Attempt = leg.Attempt;
            ExceptionDispatchInfo.Throw(failure);
        }

        if (walk.IsLeftBehind(cancellationToken) || (!walk.StepsDown(leg.Attempt, failure, leg.Delivered) && IsLastWord(leg.Attempt)))
        {
            IsSettled = true;
            ExceptionDispatchInfo.Throw(failure);
        }

        if (leg == Floor)
        {
            // It has been reading all the while, and goes on until its first content.
            Floor = _running[0];
            _isFloorReading = true;
        }

        // Of those that go on the oldest is still as slow as it was when it got company.
        if (leg.Attempt.Role == AttemptRole.Hedge && _running[0].Attempt.Step.Hedging is not null)
        {
            Hedge(_running[0].Attempt);
        }
    }

    private bool IsLastWord(in Attempt failed)
    {
        foreach (var leg in _running)
        {
            if (walk.MayStillAnswer(leg.Attempt, failed))
            {
                return false;
            }
        }

        return true;
    }
}
