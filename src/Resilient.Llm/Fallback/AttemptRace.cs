using System.Threading.Tasks.Sources;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Fallback;

/// <summary>Where several attempts that run at once, and a timer, tell the one who waits for them that something has happened.</summary>
/// <remarks>Anybody may report; one waits. News that nobody waits for yet is kept in order; after <see cref="Close"/> it is dropped.</remarks>
internal sealed class Race<TRacer>(TimeProvider timeProvider) : IValueTaskSource<TRacer?>
    where TRacer : class
{
    private readonly Lock _lock = new();
    private readonly Queue<TRacer?> _news = new(2);
    private ManualResetValueTaskSourceCore<TRacer?> _waiter;
    private ITimer? _timer;
    private bool _isTimerSet;
    private bool _isAwaited;
    private bool _isClosed;

    /// <summary>Waits for the next report; null: time was up.</summary>
    /// <exception cref="OperationCanceledException">The race was closed.</exception>
    public ValueTask<TRacer?> NextAsync()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return ValueTask.FromException<TRacer?>(Closed());
            }

            if (_news.TryDequeue(out var racer))
            {
                return new(racer);
            }

            _waiter.Reset();
            _isAwaited = true;
            return new(this, _waiter.Version);
        }
    }

    /// <summary>Tells of a racer; null: that time is up.</summary>
    public void Report(TRacer? racer)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            if (!_isAwaited)
            {
                _news.Enqueue(racer);
                return;
            }

            _isAwaited = false;
        }

        _waiter.SetResult(racer);
    }

    /// <summary>Sets the timer, which replaces an earlier one.</summary>
    public void ReportIn(TimeSpan delay)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isTimerSet = true;
            _timer ??= timeProvider.CreateTimer(static race => ((Race<TRacer>)race!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(timeProvider.TimeUntil(timeProvider.TimestampIn(delay)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Stops the timer, also where it has gone off and nobody has heard it yet: the one whose time it was is out of the race, or has company.</summary>
    public void StopTimer()
    {
        lock (_lock)
        {
            if (_isClosed || _timer is null)
            {
                return;
            }

            _isTimerSet = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            for (var left = _news.Count; left > 0; left--)
            {
                if (_news.Dequeue() is { } racer)
                {
                    _news.Enqueue(racer);
                }
            }
        }
    }

    /// <summary>Ends the race: nobody waits any more. Idempotent.</summary>
    public void Close()
    {
        bool wasAwaited;
        lock (_lock)
        {
            _isClosed = true;
            wasAwaited = _isAwaited;
            _isAwaited = false;
            _timer?.Dispose();
            _news.Clear();
        }

        if (wasAwaited)
        {
            _waiter.SetException(Closed());
        }
    }

    TRacer? IValueTaskSource<TRacer?>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TRacer?>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<TRacer?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void OnTimer()
    {
        lock (_lock)
        {
            if (!_isTimerSet)
            {
                return;
            }

            _isTimerSet = false;
        }

        Report(null);
    }

    private static OperationCanceledException Closed() => InnerStream.Left();
}
