namespace Resilient.Llm.Chaos.Simulation;

/// <summary>A timer of a <see cref="VirtualClock"/>.</summary>
internal sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ClockEntry, ITimer
{
    // The limit of real timers, so that a simulation finds due times that a real clock refuses.
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private TimeSpan _period;
    private bool _isDisposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dueTime, s_longest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(period, s_longest);
        if (_isDisposed)
        {
            return false;
        }

        _period = period;
        clock.Enqueue(this, dueTime);
        return true;
    }

    public override void Fire()
    {
        if (_period > TimeSpan.Zero)
        {
            clock.Enqueue(this, _period);
        }

        callback(state);
    }

    public void Dispose()
    {
        _isDisposed = true;
        clock.Dequeue(this);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
