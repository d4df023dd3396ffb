namespace Resilient.Llm;

/// <summary>How a <see cref="SqliteSearchSource"/> works.</summary>
/// <remarks>Read once, when the source is opened.</remarks>
public sealed class SqliteSearchOptions
{
    /// <summary>How long a write waits for another process that is writing to the same file.</summary>
    /// <value>Default: 5 s. Range: 1 s to 10 minutes; parts of a second are rounded up.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan BusyTimeout
    {
        get;
        set => field = value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromMinutes(10)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "SqliteSearchOptions.BusyTimeout must be between one second and ten minutes.");
    } = TimeSpan.FromSeconds(5);

    /// <summary>Where the work is done. SQLite has no asynchronous calls, and the caller must stay able to give up a slow search.</summary>
    /// <value>
    /// Default: <see cref="TaskScheduler.Default"/>, the thread pool. A simulation in virtual time sets one that runs tasks on the calling thread.
    /// </value>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TaskScheduler Scheduler
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value), "SqliteSearchOptions.Scheduler must not be null. Leave it unset for the thread pool.");
    } = TaskScheduler.Default;
}
