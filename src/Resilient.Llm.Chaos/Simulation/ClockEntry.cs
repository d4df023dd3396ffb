namespace Resilient.Llm.Chaos.Simulation;

/// <summary>Something that is due on a <see cref="VirtualClock"/>, and its place in the queue.</summary>
internal abstract class ClockEntry
{
    public const int NotQueued = -1;

    /// <summary>When, in the clock's ticks.</summary>
    public long Due { get; set; }

    /// <summary>Of those due at one moment the one that was queued first goes first: else a run would not be the same twice.</summary>
    public long Order { get; set; }

    public int Place { get; set; } = NotQueued;

    /// <summary>Its time has come. It is no longer queued.</summary>
    public abstract void Fire();

    public bool IsBefore(ClockEntry other) => Due < other.Due || (Due == other.Due && Order < other.Order);
}
