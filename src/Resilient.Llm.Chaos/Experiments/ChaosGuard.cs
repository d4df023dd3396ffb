namespace Resilient.Llm.Chaos;

/// <summary>Stops an experiment when the application's real traffic suffers too much.</summary>
/// <remarks>Immutable. Observes all requests that ended within <see cref="Window"/>, whether the experiment hit them or not.</remarks>
public sealed record ChaosGuard
{
    /// <summary>Gets the success rate below which it stops. An answer from any step counts as success.</summary>
    /// <value>Default: null, not checked. Range: above 0 to 1.</value>
    public double? MinSuccessRate { get; init; }

    /// <summary>Gets the 99th percentile of the time to first content (or to a plain answer) above which it stops.</summary>
    /// <value>Default: null, not checked.</value>
    public TimeSpan? MaxP99 { get; init; }

    /// <summary>Gets the time window that it observes.</summary>
    /// <value>Default: 30 seconds. Range: 1 second to 10 minutes.</value>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how many requests must have ended within the window before it can stop the experiment.</summary>
    /// <value>Default: 20. Range: 1 or more.</value>
    public int MinRequests { get; init; } = 20;
}
