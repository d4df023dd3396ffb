namespace Resilient.Llm.Chaos;

/// <summary>What a simulation plays.</summary>
public sealed record ChatSimulationOptions
{
    /// <summary>When requests arrive, and how large they are.</summary>
    public required ChatArrivals Arrivals { get; init; }

    /// <summary>The recorded incidents. They decide how results are divided, and when <see cref="SimulatedWorld.Provider"/> fails.</summary>
    public required OutageSchedule Outages { get; init; }

    /// <summary>The provider that would be asked first: its failure rate is the one in force.</summary>
    public required string FirstProvider { get; init; }

    /// <summary>The part of the requests that are asked for as streams.</summary>
    /// <value>Default: 0.7. Range: 0 to 1.</value>
    public double StreamingShare { get; init; } = 0.7;

    /// <summary>How soon a plain answer has to be there to be in time.</summary>
    /// <value>Default: 100 seconds, the default of <see cref="ResilientChatBuilder.AnswerWithin(TimeSpan)"/>. Range: above zero.</value>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>How soon the first content of a stream has to be there to be in time.</summary>
    /// <value>Default: 30 seconds, the default of <see cref="ResilientChatBuilder.AnswerWithin(TimeSpan)"/>. Range: above zero.</value>
    public TimeSpan FirstContentWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long a user has had enough, whatever has come by then: the request is cancelled and counts as unanswered.</summary>
    /// <value>Default: 10 minutes. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>: never.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The part of the requests that ask what many ask: the only ones that stored answers can be for.</summary>
    /// <value>Default: 0.05. Range: 0 to 1.</value>
    public double PopularShare { get; init; } = 0.05;

    /// <summary>How many popular questions there are, each as likely as the others.</summary>
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
        Require(Patience > TimeSpan.Zero || Patience == Timeout.InfiniteTimeSpan, nameof(Patience), Patience, "Set it above zero, or to Timeout.InfiniteTimeSpan.");
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
