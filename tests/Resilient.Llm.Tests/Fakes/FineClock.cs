using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Counts in nanoseconds, as the system's clock does on most machines: TimeSpan.MaxValue is more than it can count.</summary>
internal sealed class FineClock(ManualTimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => (clock.GetTimestamp() - new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks) * 100;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
