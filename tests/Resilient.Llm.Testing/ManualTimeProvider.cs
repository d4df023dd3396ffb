namespace Resilient.Llm.Testing;

/// <summary>A clock that stands still until told to move. Timers fire in the order they are due, on the thread that moves the clock.</summary>
/// <remarks>Thread-safe. <see cref="Advance"/> sets the clock to each due time before firing, so callbacks see the time they were promised.</remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<(ManualTimer Timer, long Version), (long Due, long Order)> _timers = new();
    private long _order;
    private long _now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that are armed: zero when nothing leaks.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.UnorderedItems.Count(static item => item.Element.Timer.IsCurrent(item.Element.Version));
            }
        }
    }

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _now), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock and fires every timer due on the way, also those armed by the callbacks themselves.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        AdvanceTo(Volatile.Read(ref _now) + by.Ticks);
    }

    /// <summary>Moves the clock to the next due timer and fires it. False when none is armed within <paramref name="limit"/>.</summary>
    public bool AdvanceToNextTimer(TimeSpan? limit = null)
    {
        var end = limit is { } l ? Volatile.Read(ref _now) + l.Ticks : long.MaxValue;
        if (TakeDue(end) is not { } timer)
        {
            return false;
        }

        timer.Fire();
        return true;
    }

    private void AdvanceTo(long target)
    {
        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            Volatile.Write(ref _now, Math.Max(_now, target));
        }
    }

    private ManualTimer? TakeDue(long until)
    {
        lock (_lock)
        {
            while (_timers.TryPeek(out var entry, out var priority) && priority.Due <= until)
            {
                _timers.Dequeue();
                if (!entry.Timer.IsCurrent(entry.Version))
                {
                    continue;
                }

                Volatile.Write(ref _now, Math.Max(_now, priority.Due));
                entry.Timer.Rearm(priority.Due);
                return entry.Timer;
            }

            return null;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private long _version;
        private bool _isArmed;
        private TimeSpan _period;

        public bool IsCurrent(long version) => _isArmed && _version == version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            // As real timers do: else arithmetic that only a real clock refuses would pass every test.
            ArgumentOutOfRangeException.ThrowIfGreaterThan(dueTime, TimeSpan.FromMilliseconds(uint.MaxValue - 1));
            lock (owner._lock)
            {
                _version++;
                _period = period;
                _isArmed = dueTime != Timeout.InfiniteTimeSpan;
                if (_isArmed)
                {
                    owner._timers.Enqueue((this, _version), (owner._now + Math.Max(0, dueTime.Ticks), owner._order++));
                }

                return true;
            }
        }

        /// <summary>Called under the owner's lock when the timer is about to fire.</summary>
        public void Rearm(long firedAt)
        {
            _version++;
            _isArmed = _period > TimeSpan.Zero;
            if (_isArmed)
            {
                owner._timers.Enqueue((this, _version), (firedAt + _period.Ticks, owner._order++));
            }
        }

        /// <summary>Fires without a SynchronizationContext, as real timers do: under a test runner's, continuations would go to the pool and race with the clock.</summary>
        public void Fire()
        {
            var context = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(null);
            try
            {
                callback(state);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(context);
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
