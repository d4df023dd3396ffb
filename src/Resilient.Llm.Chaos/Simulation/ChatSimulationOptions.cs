namespace Resilient.Llm.Chaos;

/// <summary>Options of a simulation.</summary>
public sealed record ChatSimulationOptions
{
    /// <summary>Gets when requests arrive, and their sizes.</summary>
    public required ChatArrivals Arrivals { get; init; }

    /// <summary>Gets the recorded incidents, which group the results and make <see cref="SimulatedWorld.Provider"/> fail.</summary>
    public required OutageSchedule Outages { get; init; }

    /// <summary>Gets the provider that is called first. Its failure rate is the one reported.</summary>
    public required string FirstProvider { get; init; }

    /// <summary>Gets the share of requests that are streams.</summary>
    /// <value>Default: 0.7. Range: 0 to 1.</value>
    public double StreamingShare { get; init; } = 0.7;

    /// <summary>Gets the deadline of a plain answer.</summary>
    /// <value>Default: 100 seconds, the default of <see cref="ResilientChatBuilder.AnswerWithin(TimeSpan)"/>. Range: above zero.</value>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Gets the deadline of the first content of a stream.</summary>
    /// <value>Default: 30 seconds, the default of <see cref="ResilientChatBuilder.AnswerWithin(TimeSpan)"/>. Range: above zero.</value>
    public TimeSpan FirstContentWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the time after which a user gives up. The request is cancelled and counts as unanswered.</summary>
    /// <value>Default: 10 minutes. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>: never.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets the share of requests with popular questions, the only ones that stored answers can fit.</summary>
    /// <value>Default: 0.05. Range: 0 to 1.</value>
    public double PopularShare { get; init; } = 0.05;

    /// <summary>Gets the number of popular questions, all equally likely.</summary>
    /// <value>Default: 200. Range: 1 and up.</value>
    public int PopularQuestions { get; init; } = 200;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Arrivals);
        ArgumentNullException.ThrowIfNull(Outages);
        ArgumentException.ThrowIfNullOrWhiteSpace(FirstProvider);
        Require(StreamingShare is >= 0 and <= 1, nameof(StreamingShare), StreamingShare, "Set it from 0 to 1.");
        Require(AnswerWithin > TimeSpan.Zero, nameof(AnswerWithin), AnswerWithin, "Set it above zero.");
        Require(FirstContentWithin > TimeSpan.Zero, nameof(FirstContentWithin), FirstContentWithin, "Set it above zero.");
        Require(
            Patience > TimeSpan.Zero || Patience == Timeout.InfiniteTimeSpan,
            nameof(Patience),
            Patience,
            "Set it above zero, or to Timeout.InfiniteTimeSpan.");
        Require(PopularShare is >= 0 and <= 1, nameof(PopularShare), PopularShare, "Set it from 0 to 1.");
        Require(PopularQuestions >= 1, nameof(PopularQuestions), PopularQuestions, "Set it to 1 or more.");

        static void Require<T>(bool holds, string name, T value, string remedy)
        {
            if (!holds)
            {
                throw new ArgumentException(FormattableString.Invariant($"{nameof(ChatSimulationOptions)}.{name} is {value}. {remedy}"));
            }
        }
    }
}
