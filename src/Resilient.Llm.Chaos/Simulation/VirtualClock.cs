using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>A clock that jumps from one due event to the next, so that months pass in minutes and every run is repeatable.</summary>
/// <remarks>
/// <para>
/// Everything happens on the thread that runs the clock, by due time and then in the order of creation. Callbacks see exactly their due
/// time and run without a <see cref="SynchronizationContext"/>, as with real timers.
/// </para>
/// <para>
/// <b>Not thread-safe, on purpose</b>: a race between threads is not repeatable. While the clock runs, only its thread may use it. Anything
/// else, such as <c>Task.Run</c> or a read of a real socket, leaves virtual time: it gets an exception, and so does the caller of <see
/// cref="RunUntil"/>.
/// </para>
/// <para>A discrete-event simulation with next-event time advance (Law, "Simulation Modeling and Analysis", 5th ed. 2015, 1.3).</para>
/// </remarks>
public sealed class VirtualClock : TimeProvider
{
    private readonly ClockQueue _queue = new();
    private long _now;
    private int _thread;
    private bool _wasLeft;

    /// <summary>Creates a clock that stands still.</summary>
    /// <param name="start">The initial time.</param>
    public VirtualClock(DateTimeOffset start) => _now = start.UtcTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Gets the number of pending timers and waits: zero at the end, unless something leaks.</summary>
    public int Pending => _queue.Count;

    /// <summary>Gets the current time, in UTC.</summary>
    public DateTimeOffset Now => new(_now, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Now;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Called on another thread than the one that runs the clock.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits. The continuation runs in place, on the thread that runs the clock or that cancels.</summary>
    /// <param name="time">The time. Zero or less: no wait. <see cref="Timeout.InfiniteTimeSpan"/>: until cancelled.</param>
    /// <param name="cancellationToken">Ends the wait with an <see cref="OperationCanceledException"/>.</param>
    public ValueTask WaitAsync(TimeSpan time, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        return time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan ? default : VirtualWait.Begin(this, time, cancellationToken);
    }

    /// <summary>Runs all entries that are due until a time, including new ones, and then sets the clock to it.</summary>
    /// <param name="until">The time. A time in the past changes nothing.</param>
    /// <exception cref="InvalidOperationException">Something left virtual time; see the remarks of the type.</exception>
    public void RunUntil(DateTimeOffset until)
    {
        Run(until.UtcTicks);
        _now = Math.Max(_now, until.UtcTicks);
    }

    /// <summary>Runs until nothing is due any more. Never ends if a timer repeats.</summary>
    /// <exception cref="InvalidOperationException">Something left virtual time; see the remarks of the type.</exception>
    public void RunToEnd() => Run(long.MaxValue);

    /// <summary>Runs what is due while a condition holds, at most until a time.</summary>
    internal void RunWhile(Func<bool> condition, DateTimeOffset until) => Run(until.UtcTicks, condition);

    internal void Enqueue(ClockEntry entry, TimeSpan time)
    {
        StayOnThread();
        _queue.Remove(entry);
        if (time != Timeout.InfiniteTimeSpan)
        {
            _queue.Add(entry, _now + Math.Max(0, time.Ticks));
        }
    }

    internal void Dequeue(ClockEntry entry)
    {
        StayOnThread();
        _queue.Remove(entry);
    }

    private void Run(long until, Func<bool>? condition = null)
    {
        StayOnThread();
        var context = SynchronizationContext.Current;
        var thread = _thread;
        SynchronizationContext.SetSynchronizationContext(null);
        _thread = Environment.CurrentManagedThreadId;
        try
        {
            while (condition?.Invoke() != false && _queue.First is { } next && next.Due <= until)
            {
                _queue.Remove(next);
                _now = Math.Max(_now, next.Due);
                next.Fire();
                if (_wasLeft)
                {
                    throw Left();
                }
            }
        }
        finally
        {
            _thread = thread;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void StayOnThread()
    {
        if (_thread != 0 && _thread != Environment.CurrentManagedThreadId)
        {
            _wasLeft = true;
            throw Left();
        }
    }

    private static InvalidOperationException Left() => new(
        $"Virtual time was left: another thread used the {nameof(VirtualClock)} while it ran. Everything below must go on in place: "
        + "no Task.Run, Task.Yield, real timers, sockets or "
        + "RunContinuationsAsynchronously, and ConfigureAwait(false) everywhere.");
}
