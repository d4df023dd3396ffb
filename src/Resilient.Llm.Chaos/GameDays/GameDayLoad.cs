namespace Resilient.Llm.Chaos;

/// <summary>The load of a game day: who asks, how often and what.</summary>
/// <remarks>
/// Immutable. An open loop: requests arrive as a Poisson process at the given rate, whether or not earlier ones have been answered. The
/// seed determines all draws, so two runs send the same requests at the same times.
/// </remarks>
public sealed record GameDayLoad
{
    /// <summary>Gets the average arrivals per second.</summary>
    /// <value>Default: 10. Range: above 0 to 10,000.</value>
    public double RequestsPerSecond { get; init; } = 10;

    /// <summary>Gets the time in which the rate rises linearly from zero to <see cref="RequestsPerSecond"/>.</summary>
    /// <value>Default: zero. Range: zero to the scenario's duration.</value>
    public TimeSpan RampUp { get; init; }

    /// <summary>Gets the share of requests that are streams.</summary>
    /// <value>Default: 0.5. Range: 0 to 1.</value>
    public double Streams { get; init; } = 0.5;

    /// <summary>Gets the questions, all equally likely.</summary>
    /// <value>Default: one question about the library. At least one.</value>
    public IReadOnlyList<string> Questions { get; init; } = ["What does a ladder with several rungs do when the first one breaks?"];

    /// <summary>Gets the share of requests whose question gets a unique number, so that no stored answer fits.</summary>
    /// <value>Default: 0. Range: 0 to 1.</value>
    public double NewQuestions { get; init; }

    /// <summary>Gets the tenants (<see cref="ResilientChatOptions.CachePartition"/>), all equally likely.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<string> Tenants { get; init; } = [];

    /// <summary>Gets the shares of requests that are bound to geographies. The rest is unbound.</summary>
    /// <value>Default: none. The shares add up to at most 1.</value>
    public IReadOnlyList<GameDayResidency> Residencies { get; init; } = [];

    /// <summary>Gets the seed of all random draws.</summary>
    /// <value>Default: 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>Gets the maximum of requests in flight. Further arrivals are shed: counted, but not sent.</summary>
    /// <value>Default: 1,000. Range: 1 to 100,000.</value>
    public int MaxInFlight { get; init; } = 1_000;
}

/// <summary>A share of the requests that is bound to geographies.</summary>
/// <param name="Within">The geographies where the data may go, for example "EU". At least one.</param>
/// <param name="Share">The share of all requests. Range: above 0 to 1.</param>
public sealed record GameDayResidency(IReadOnlyList<string> Within, double Share);
