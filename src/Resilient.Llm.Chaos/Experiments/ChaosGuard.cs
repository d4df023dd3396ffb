namespace Resilient.Llm.Chaos;

/// <summary>Stops an experiment when the application's real traffic suffers too much.</summary>
/// <remarks>Immutable. Looks at all requests that ended within <see cref="Window"/>, whether the experiment hit them or not: what users see is what counts.</remarks>
public sealed record ChaosGuard
{
    /// <summary>Stops when fewer requests than this were answered, by whatever rung.</summary>
    /// <value>Default: null, not looked at. Range: above 0 to 1.</value>
    public double? MinSuccessRate { get; init; }

    /// <summary>Stops when the 99th percentile of the time to first content (plain: to the answer) exceeds this.</summary>
    /// <value>Default: null, not looked at.</value>
    public TimeSpan? MaxP99 { get; init; }

    /// <summary>How far back it looks.</summary>
    /// <value>Default: 30 seconds. Range: 1 second to 10 minutes.</value>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many requests must have ended within the window before it judges.</summary>
    /// <value>Default: 20. Range: 1 or more.</value>
    public int MinRequests { get; init; } = 20;
}
