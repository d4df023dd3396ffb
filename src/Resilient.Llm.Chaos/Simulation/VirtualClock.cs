using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>A clock that jumps from one thing that is due to the next: months pass in minutes, and every run is the same.</summary>
/// <remarks>
/// <para>
/// Everything happens on the thread that runs the clock, in the order in which it is due, and of what is due at one moment in the order in which it was asked for. Callbacks see exactly the time for which they
/// were promised, and run without a <see cref="SynchronizationContext"/>, as those of real timers do.
/// </para>
/// <para>
/// <b>Not thread-safe, on purpose</b>: a run that depends on which of two threads came first is not the same twice. While the clock runs, only the thread that runs it may use it; anything else (a
/// <c>Task.Run</c>, an asynchronous read of a real socket) has left virtual time, and is told so by an exception there and by one from <see cref="RunUntil"/>.
/// </para>
/// <para>A discrete-event simulation with the next-event time advance of Law, "Simulation Modeling and Analysis" (5th ed. 2015, 1.3).</para>
/// </remarks>
public sealed class VirtualClock : TimeProvider
{
    private readonly ClockQueue _queue = new();
    private long _now;
    private int _thread;
    private bool _wasLeft;

    /// <summary>Creates a clock that stands still.</summary>
    /// <param name="start">What it shows at first.</param>
    public VirtualClock(DateTimeOffset start) => _now = start.UtcTicks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers and waits are due at some time: zero when nothing leaks.</summary>
    public int Pending => _queue.Count;

    /// <summary>What the clock shows, in UTC.</summary>
    public DateTimeOffset Now => new(_now, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Now;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Asked for on another thread than the one that runs the clock.</exception>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits; what comes after the wait goes on in place, on the thread that runs the clock or that cancels.</summary>
    /// <param name="time">How long. Zero and less: no wait. <see cref="Timeout.InfiniteTimeSpan"/>: until cancelled.</param>
    /// <param name="cancellationToken">Ends the wait with an <see cref="OperationCanceledException"/>.</param>
    public ValueTask WaitAsync(TimeSpan time, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        return time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan ? default : VirtualWait.Begin(this, time, cancellationToken);
    }

    /// <summary>Fires everything that is due by then, in order, also what is asked for on the way; the clock shows that time in the end.</summary>
    /// <param name="until">A time that has passed already moves nothing.</param>
    /// <exception cref="InvalidOperationException">Something left virtual time; see the remarks of the type.</exception>
    public void RunUntil(DateTimeOffset until)
    {
        Run(until.UtcTicks);
        _now = Math.Max(_now, until.UtcTicks);
    }

    /// <summary>Fires everything, until nothing is due any more. A timer that repeats itself makes that never.</summary>
    /// <exception cref="InvalidOperationException">Something left virtual time; see the remarks of the type.</exception>
    public void RunToEnd() => Run(long.MaxValue);

    /// <summary>Fires what is due, in order, for as long as the condition holds, and no further than to that time.</summary>
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
        $"Virtual time was left: another thread used the {nameof(VirtualClock)} while it ran. Everything below must go on in place: no Task.Run, Task.Yield, real timers, sockets or "
        + "RunContinuationsAsynchronously, and ConfigureAwait(false) everywhere.");
}
