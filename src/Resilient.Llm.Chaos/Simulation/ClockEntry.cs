namespace Resilient.Llm.Chaos.Simulation;

/// <summary>An entry of a <see cref="VirtualClock"/>'s queue, and its place there.</summary>
internal abstract class ClockEntry
{
    public const int NotQueued = -1;

    /// <summary>When it is due, in ticks of the clock.</summary>
    public long Due { get; set; }

    /// <summary>Orders entries that are due at the same time, so that a run is repeatable.</summary>
    public long Order { get; set; }

    public int Place { get; set; } = NotQueued;

    /// <summary>Invoked when it is due, after its removal from the queue.</summary>
    public abstract void Fire();

    public bool IsBefore(ClockEntry other) => Due < other.Due || (Due == other.Due && Order < other.Order);
}
