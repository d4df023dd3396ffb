namespace Resilient.Llm.Chaos;

/// <summary>When a game day stops itself, with all of its experiments.</summary>
/// <remarks>Immutable. Besides these, a cancelled token stops it, and so does the kill switch of the <see cref="ChaosController"/>.</remarks>
public sealed record GameDayAbort
{
    /// <summary>Stops when fewer than this were answered, of the requests that ended within <see cref="Window"/>.</summary>
    /// <value>Default: null, not looked at. Range: above 0 to 1.</value>
    public double? AnsweredBelow { get; init; }

    /// <summary>How far back <see cref="AnsweredBelow"/> looks.</summary>
    /// <value>Default: 10 seconds. Range: 1 second to 1 hour.</value>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many must have ended within the window before it judges.</summary>
    /// <value>Default: 20. Range: 1 or more.</value>
    public int MinRequests { get; init; } = 20;

    /// <summary>Stops when so many requests were not answered, over the whole of it.</summary>
    /// <value>Default: null, not looked at. Range: 1 or more.</value>
    public int? Failures { get; init; }
}
