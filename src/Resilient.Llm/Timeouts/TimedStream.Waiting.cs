using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Timeouts;

/// <content>A pending move, raced against the timer and the caller's token.</content>
internal sealed partial class TimedStream
{
    private ValueTask<bool> Wait(ValueTask<bool> move)
    {
        if (_onMoved is null)
        {
            _onMoved = OnMoved;
            if (_callerToken.CanBeCanceled)
            {
                _registration = _callerToken.UnsafeRegister(static stream => ((TimedStream)stream!).OnCallerCancelled(), this);
            }
        }

        _waiter.Reset();
        var version = _waiter.Version;
        _move = move.ConfigureAwait(false).GetAwaiter();
        bool isLeft;
        lock (_lock)
        {
            // Disposed since the move began: nothing would end this wait.
            isLeft = _isDisposed;
            _isWaiting = !isLeft;
            _waitingSince = _timeProvider.GetTimestamp();
            if (!isLeft)
            {
                Arm();
            }
        }

        if (isLeft)
        {
            _registration.Unregister();
        }
        else if (_callerToken.IsCancellationRequested)
        {
            // Cancelled between the last move and this one: the registration has already fired.
            OnCallerCancelled();
        }

        if (_move.IsCompleted)
        {
            // Ended meanwhile, cancelled by this stream or on another thread. A continuation would go to the thread pool.
            OnMoved();
        }
        else
        {
            _move.UnsafeOnCompleted(_onMoved);
        }

        return isLeft ? ValueTask.FromException<bool>(InnerStream.Left()) : new(this, version);
    }

    /// <summary>Keeps the timer armed for the end of the current wait, or for earlier. Called under the lock.</summary>
    private void Arm()
    {
        var due = Due();
        if (due >= _armedFor)
        {
            return;
        }

        _armedFor = due;
        var dueTime = _timeProvider.TimeUntil(due);
        if (_timer is null)
        {
            _timer = _timeProvider.CreateTimer(static stream => ((TimedStream)stream!).OnTimer(), this, dueTime, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    private long Due()
    {
        var firstContent = _hasContent ? long.MaxValue : _firstContentDue;
        if (!_isIdleWatched || _idleTimeout == Timeout.InfiniteTimeSpan)
        {
            return firstContent;
        }

        // Saturates: a bound of TimeSpan.MaxValue must not wrap round into the past.
        var since = _waitingSince - _waitedBefore;
        var idle = _timeProvider.ToTimestampUnits(_idleTimeout);
        return Math.Min(firstContent, since > 0 && idle > long.MaxValue - since ? long.MaxValue : since + idle);
    }

    private void OnTimer()
    {
        string message;
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            if (!_isWaiting)
            {
                return;
            }

            if (_timeProvider.GetTimestamp() < Due())
            {
                Arm();
                return;
            }

            message = _hasContent || (_isIdleWatched && _firstContentDue > _timeProvider.GetTimestamp())
                ? "The stream stalled: no further content in time."
                : NoFirstContent;
            _isWaiting = false;
            _isOver = true;
        }

        DetachedWork.Cancel(_source, _timeProvider);
        _waiter.SetException(new TimeoutException(message));
    }

    private void OnCallerCancelled()
    {
        bool wasWaiting;
        lock (_lock)
        {
            wasWaiting = _isWaiting;
            _isWaiting = false;
            _isOver |= wasWaiting;
        }

        DetachedWork.Cancel(_source, _timeProvider);
        if (wasWaiting)
        {
            _waiter.SetException(new OperationCanceledException(_callerToken));
        }
    }

    /// <summary>Handles the end of the inner move: in time, or long after the stream was given up.</summary>
    private void OnMoved()
    {
        bool isInTime;
        lock (_lock)
        {
            isInTime = _isWaiting;
            _isWaiting = false;
            _isInnerMoving = false;
        }

        bool hasNext;
        try
        {
            hasNext = _move.GetResult();
            if (isInTime)
            {
                hasNext = Moved(hasNext, _timeProvider.GetTimestamp() - _waitingSince);
            }
        }
        catch (Exception exception)
        {
            if (isInTime)
            {
                _isOver = true;
                _waiter.SetException(DetachedWork.AsSeenBy(exception, _callerToken));
            }
            else
            {
                DisposeInner();
            }

            return;
        }

        if (isInTime)
        {
            _waiter.SetResult(hasNext);
        }
        else
        {
            DisposeInner();
        }
    }
}
