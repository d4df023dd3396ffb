using System.Threading.Tasks.Sources;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Fallback;

/// <summary>Tells the reader of an <see cref="AttemptRace{TRunner}"/> that a runner has a result, or that the next hedge is due.</summary>
/// <remarks>
/// Reports come from any thread, for one waiter. They are queued while nothing waits, and dropped after <see cref="Close"/>.
/// </remarks>
internal sealed class RaceSignal<TRunner>(TimeProvider timeProvider) : IValueTaskSource<TRunner?>
    where TRunner : class
{
    private readonly Lock _lock = new();
    private readonly Queue<TRunner?> _reports = new(2);
    private ManualResetValueTaskSourceCore<TRunner?> _waiter;
    private ITimer? _timer;
    private bool _isTimerSet;
    private bool _isAwaited;
    private bool _isClosed;

    /// <summary>Waits for the next report; null: the time is up.</summary>
    /// <exception cref="OperationCanceledException">The race is over.</exception>
    public ValueTask<TRunner?> NextAsync()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return ValueTask.FromException<TRunner?>(Closed());
            }

            if (_reports.TryDequeue(out var runner))
            {
                return new(runner);
            }

            _waiter.Reset();
            _isAwaited = true;
            return new(this, _waiter.Version);
        }
    }

    /// <summary>Reports a runner; null: the time is up.</summary>
    public void Report(TRunner? runner)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            if (!_isAwaited)
            {
                _reports.Enqueue(runner);
                return;
            }

            _isAwaited = false;
        }

        _waiter.SetResult(runner);
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
            _timer ??= timeProvider.CreateTimer(
                static signal => ((RaceSignal<TRunner>)signal!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(timeProvider.TimeUntil(timeProvider.TimestampIn(delay)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Stops the timer and drops its unread report: the attempt that it was set for has ended or been hedged.</summary>
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
            for (var left = _reports.Count; left > 0; left--)
            {
                if (_reports.Dequeue() is { } runner)
                {
                    _reports.Enqueue(runner);
                }
            }
        }
    }

    /// <summary>Ends a pending wait, and every later one. Idempotent.</summary>
    public void Close()
    {
        bool wasAwaited;
        lock (_lock)
        {
            _isClosed = true;
            wasAwaited = _isAwaited;
            _isAwaited = false;
            _timer?.Dispose();
            _reports.Clear();
        }

        if (wasAwaited)
        {
            _waiter.SetException(Closed());
        }
    }

    TRunner? IValueTaskSource<TRunner?>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TRunner?>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<TRunner?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
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
