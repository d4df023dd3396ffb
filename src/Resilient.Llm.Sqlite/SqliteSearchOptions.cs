namespace Resilient.Llm;

/// <summary>Options of a <see cref="SqliteSearchSource"/>.</summary>
/// <remarks>Read once, when the source is opened.</remarks>
public sealed class SqliteSearchOptions
{
    /// <summary>Gets or sets how long a write waits for another process that writes to the same file.</summary>
    /// <value>Default: 5 seconds. Range: 1 second to 10 minutes; fractions of a second are rounded up.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan BusyTimeout
    {
        get;
        set => field = value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromMinutes(10)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), value, "SqliteSearchOptions.BusyTimeout must be between one second and ten minutes.");
    } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets where the work runs: SQLite has no asynchronous calls, and callers must be able to abandon a search.</summary>
    /// <value>Default: <see cref="TaskScheduler.Default"/>. In virtual time, use one that runs tasks on the calling thread.</value>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TaskScheduler Scheduler
    {
        get;
        set => field = value ?? throw new ArgumentNullException(
            nameof(value), "SqliteSearchOptions.Scheduler must not be null. Leave it unset for the thread pool.");
    } = TaskScheduler.Default;
}
