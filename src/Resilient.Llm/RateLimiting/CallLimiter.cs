using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.RateLimiting;

/// <summary>Admits calls within limits of concurrency, requests and tokens; others are refused or wait in order of arrival.</summary>
/// <remarks>Thread-safe. State changes under one short lock; <see cref="Check"/> takes none. Waiters are released outside it.</remarks>
internal sealed class CallLimiter : IDisposable
{
    // The limiter whose waiters this thread is releasing.
    [ThreadStatic]
    private static CallLimiter? s_releasing;

    private readonly Lock _lock = new();
    private readonly LinkedList<QueuedCall> _queue = new();
    private readonly TimeProvider _timeProvider;
    private readonly int _maxConcurrent;
    private readonly long _maxWait;
    private readonly TaskCreationOptions _continuations;
    private readonly ITimer? _wakeUp;
    private GcraRate _requests;
    private GcraRate _tokens;
    private int _inProgress;
    private int _queued;
    private long _queuedTokens;

    public CallLimiter(ChatRateLimitOptions options, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _continuations = timeProvider.IsRealTime() ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;
        _maxConcurrent = options.MaxConcurrentCalls ?? int.MaxValue;
        _maxWait = (long)(options.MaxWait.TotalSeconds * timeProvider.TimestampFrequency);
        _requests = GcraRate.Create(options.RequestsPerMinute, options.Burst, timeProvider);
        _tokens = GcraRate.Create(options.TokensPerMinute, options.Burst, timeProvider);

        // Created here and not with the first waiter: a timer keeps the execution context of its creation alive.
        _wakeUp = _maxWait == 0 ? null : timeProvider.CreateTimer(
            static state => ((CallLimiter)state!).AdmitWaiting(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Admitted calls that have not ended. For tests.</summary>
    internal int InProgress => Volatile.Read(ref _inProgress);

    /// <summary>Calls in the queue. For tests.</summary>
    internal int Queued => Volatile.Read(ref _queued);

    /// <summary>Rounds up to whole milliseconds: system timers truncate and would fire early.</summary>
    public static TimeSpan ToDueTime(long ticks, TimeProvider timeProvider) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, ticks) * 1_000.0 / timeProvider.TimestampFrequency));

    /// <summary>Whether a small call would be admitted now or within the longest wait. A hint: others may come first.</summary>
    public Availability Check()
    {
        var queued = Volatile.Read(ref _queued);
        if (_maxWait == 0 && Volatile.Read(ref _inProgress) >= _maxConcurrent)
        {
            return new(FailureKind.Rejected, IsOwnLimit: true);
        }

        var wait = RateWait(tokens: 1, queued, Volatile.Read(ref _queuedTokens), _timeProvider.GetTimestamp());
        return wait <= _maxWait ? Availability.Open : new(FailureKind.Rejected, ReopensIn: ToTime(wait), IsOwnLimit: true);
    }

    /// <summary>Admits a call, queues it or refuses it if its turn would come after the deadline.</summary>
    public RateLimitLease Enter(int tokens, long deadline)
    {
        var now = _timeProvider.GetTimestamp();
        lock (_lock)
        {
            var wait = RateWait(tokens, _queued, _queuedTokens, now);
            if (_queued == 0 && wait <= 0 && _inProgress < _maxConcurrent)
            {
                Admit(tokens, now);
                return new(IsAdmitted: true);
            }

            var until = deadline - now < _maxWait ? deadline : now + _maxWait;
            if (until <= now || wait > until - now)
            {
                return new(IsAdmitted: false, RetryAfter: wait > 0 ? ToTime(wait) : null);
            }

            var waiter = new QueuedCall(this, tokens, until, _continuations);
            waiter.Place = _queue.AddLast(waiter);
            _queued++;
            _queuedTokens += tokens;
            if (_queued == 1)
            {
                SetWakeUp(waiter, now);
            }

            return new(IsAdmitted: false, waiter);
        }
    }

    /// <summary>Ends an admitted call, exactly once.</summary>
    public void Leave(int tokens, CallEnd end)
    {
        lock (_lock)
        {
            _inProgress--;
            if (!end.WasSent)
            {
                _requests.Correct(charged: 1, actual: 0);
                _tokens.Correct(tokens, actual: 0);
            }
            else if (end.Tokens is { } actual)
            {
                _tokens.Correct(tokens, Math.Max(0, actual));
            }
        }

        AdmitWaiting();
    }

    /// <summary>Removes a waiter whose time is up, unless its turn comes at this moment. False when it has left already.</summary>
    public bool TryExpire(QueuedCall waiter)
    {
        AdmitWaiting();
        return TryAbandon(waiter);
    }

    /// <summary>Removes a waiter from the queue. False when it has left already.</summary>
    public bool TryAbandon(QueuedCall waiter)
    {
        lock (_lock)
        {
            if (waiter.Place is null)
            {
                return false;
            }

            Remove(waiter);
        }

        // The next in line may need less than the one that blocked it.
        AdmitWaiting();
        return true;
    }

    public TimeSpan? ToTime(long ticks) => _timeProvider.GetElapsedTime(0, ticks);

    public void Dispose() => _wakeUp?.Dispose();

    private void AdmitWaiting()
    {
        // Without waiters, the usual case, this costs one read. A waiter that queues later sees what was freed before.
        if (Volatile.Read(ref _queued) == 0)
        {
            return;
        }

        if (ReferenceEquals(s_releasing, this))
        {
            // A released call has ended within TrySetResult below: the loop there continues. Recursion would use stack space for each
            // waiter.
            return;
        }

        var outer = s_releasing;
        s_releasing = this;
        try
        {
            while (TakeNext() is { } next)
            {
                next.TrySetResult(true);
            }
        }
        finally
        {
            s_releasing = outer;
        }
    }

    private QueuedCall? TakeNext()
    {
        var now = _timeProvider.GetTimestamp();
        lock (_lock)
        {
            if (_queue.First?.Value is not { } next || _inProgress >= _maxConcurrent)
            {
                return null;
            }

            if (RateWait(next.Tokens, 0, 0, now) > 0)
            {
                SetWakeUp(next, now);
                return null;
            }

            Remove(next);
            Admit(next.Tokens, now);
            return next;
        }
    }

    private void Admit(int tokens, long now)
    {
        _inProgress++;
        _requests.Take(1, now);
        _tokens.Take(tokens, now);
    }

    private void Remove(QueuedCall waiter)
    {
        _queue.Remove(waiter.Place!);
        waiter.Place = null;
        _queued--;
        _queuedTokens -= waiter.Tokens;
    }

    /// <summary>Wakes up when time alone makes room for the first waiter. Freed slots and refunds release it directly.</summary>
    private void SetWakeUp(QueuedCall first, long now)
    {
        var wait = RateWait(first.Tokens, 0, 0, now);
        _wakeUp!.Change(wait > 0 ? ToDueTime(wait, _timeProvider) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private long RateWait(int tokens, int requestsAhead, long tokensAhead, long now) =>
        Math.Max(_requests.WaitFor(1, requestsAhead, now), _tokens.WaitFor(tokens, tokensAhead, now));
}
