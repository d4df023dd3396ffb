namespace Resilient.Llm.Chaos;

/// <summary>Who asks, how often and what.</summary>
/// <remarks>
/// Immutable. An open loop: requests arrive by chance (a Poisson process) at the given rate, whether earlier ones have been answered or not, as users do. The seed decides everything that is drawn, so that two
/// runs ask the same at the same times.
/// </remarks>
public sealed record GameDayLoad
{
    /// <summary>How many arrive in a second, on average.</summary>
    /// <value>Default: 10. Range: above 0 to 10,000.</value>
    public double RequestsPerSecond { get; init; } = 10;

    /// <summary>How long the rate takes to rise from nothing to <see cref="RequestsPerSecond"/>.</summary>
    /// <value>Default: zero. Range: zero to the scenario's duration.</value>
    public TimeSpan RampUp { get; init; }

    /// <summary>How many of them are streams.</summary>
    /// <value>Default: 0.5. Range: 0 to 1.</value>
    public double Streams { get; init; } = 0.5;

    /// <summary>What is asked: each as likely as the others.</summary>
    /// <value>Default: one question about ladders. At least one.</value>
    public IReadOnlyList<string> Questions { get; init; } = ["What does a ladder with several rungs do when the first one breaks?"];

    /// <summary>How many are asked with a number at the end, so that exactly this was not asked before and no stored answer fits.</summary>
    /// <value>Default: 0. Range: 0 to 1.</value>
    public double NewQuestions { get; init; }

    /// <summary>Whose requests they are (<see cref="ResilientChatOptions.CachePartition"/>): each as likely as the others.</summary>
    /// <value>Default: none: requests have no tenant.</value>
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>How many are bound to which geographies. The rest is unbound.</summary>
    /// <value>Default: none. The shares are 1 at most together.</value>
    public IReadOnlyList<GameDayResidency> Residencies { get; init; } = [];

    /// <summary>What is drawn, by number.</summary>
    /// <value>Default: 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>How many may be under way at once. What arrives beyond is shed: not asked, counted, and told by the scorecard.</summary>
    /// <value>Default: 1,000. Range: 1 to 100,000.</value>
    public int MaxInFlight { get; init; } = 1_000;
}

/// <summary>A part of the requests that is bound to geographies.</summary>
/// <param name="Within">Where their data may go, for example "EU". At least one.</param>
/// <param name="Share">How many of all requests. Range: above 0 to 1.</param>
public sealed record GameDayResidency(IReadOnlyList<string> Within, double Share);
