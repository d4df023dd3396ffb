namespace Resilient.Llm.Chaos;

/// <summary>The conditions under which a game day stops itself and all of its experiments.</summary>
/// <remarks>Immutable. A cancelled token and the kill switch of the <see cref="ChaosController"/> stop it as well.</remarks>
public sealed record GameDayAbort
{
    /// <summary>Gets the success rate within <see cref="Window"/> below which it stops.</summary>
    /// <value>Default: null, not checked. Range: above 0 to 1.</value>
    public double? AnsweredBelow { get; init; }

    /// <summary>Gets the time window of <see cref="AnsweredBelow"/>.</summary>
    /// <value>Default: 10 seconds. Range: 1 second to 1 hour.</value>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets how many requests must have ended within the window before it can stop the game day.</summary>
    /// <value>Default: 20. Range: 1 or more.</value>
    public int MinRequests { get; init; } = 20;

    /// <summary>Gets the total number of unanswered requests at which it stops.</summary>
    /// <value>Default: null, not checked. Range: 1 or more.</value>
    public int? Failures { get; init; }
}
