namespace Resilient.Llm.Tests;

/// <summary>Who must say where a request's data may go.</summary>
internal enum Requirement
{
    Nothing,
    Request,

    /// <summary>The application, for requests that do not say so themselves.</summary>
    Resolver,
}

/// <summary>How one ladder is built. Small, with low thresholds and short times, so that everything happens often.</summary>
internal sealed record WorldSettings
{
    public required Bounds Policy { get; init; }

    public required string? RunsIn { get; init; }

    public AboveTheLadder Above { get; init; }

    public Bounds AboveBounds { get; init; }

    public CachedAnswerMode? Cache { get; init; }

    public CachedAnswerScope Scope { get; init; }

    public string? CacheGeography { get; init; }

    public bool HasStore { get; init; }

    public bool HasMemory { get; init; }

    public int Searches { get; init; }

    public bool HasLastResort { get; init; }

    public TimeSpan? HedgeAfter { get; init; }

    public int MaxRetries { get; init; }

    public int Budget { get; init; }

    public int Failures { get; init; }

    public TimeSpan? AttemptTimeout { get; init; }

    public TimeSpan Deadline { get; init; }

    public bool Interrupts { get; init; }

    public bool HasLimit { get; init; }

    public Requirement Requirement { get; init; }

    /// <summary>Where answers in memory are, as far as residency goes.</summary>
    public string? MemoryGeography => CacheGeography ?? RunsIn;

    public static WorldSettings From(Draw draw, bool isInner) => new()
    {
        Policy = draw.Chance(isInner ? 0.5 : 0.3) ? Bounds.From(draw) : Bounds.Anywhere,
        RunsIn = draw.Chance(0.7) ? Bounds.Geography(draw) : null,
        Above = isInner ? AboveTheLadder.Nobody : draw.Weighted((4, AboveTheLadder.Nobody), (2, AboveTheLadder.Rebuilds), (1, AboveTheLadder.Clones), (1, AboveTheLadder.Narrows)),
        AboveBounds = Bounds.From(draw),
        Cache = draw.Chance(isInner ? 0.7 : 0.3) ? null : draw.One(CachedAnswerMode.OnFailure, CachedAnswerMode.ReadThrough),
        Scope = draw.One(CachedAnswerScope.WholeConversation, CachedAnswerScope.SystemAndLastUserMessage),
        CacheGeography = draw.Chance(0.15) ? Bounds.Geography(draw) : null,
        HasStore = draw.Chance(0.6),
        HasMemory = draw.Chance(0.8),
        HasLastResort = draw.Chance(isInner ? 0.2 : 0.6),
        Searches = draw.Int(0, 2),
        HedgeAfter = draw.Chance(0.5) ? draw.Time(50, 1_000) : null,
        MaxRetries = draw.Int(0, 2),
        Budget = draw.One(0, 10, 1_000, 1_000),
        Failures = draw.Int(1, 4),
        AttemptTimeout = draw.Chance(0.5) ? draw.Time(500, 2_000) : null,
        Deadline = draw.Time(2_000, 20_000),
        Interrupts = draw.Chance(0.2),
        HasLimit = draw.Chance(0.1),
        Requirement = isInner ? Requirement.Nothing : draw.Weighted((6, Requirement.Nothing), (1, Requirement.Request), (1, Requirement.Resolver)),
    };

    public void Apply(ResilientChatBuilder builder)
    {
        builder
            .AnswerWithin(Deadline)
            .WithRetries(options => (options.MaxRetries, options.BaseDelay, options.BudgetFloor) = (MaxRetries, TimeSpan.FromMilliseconds(100), Budget))
            .WithCircuitBreaker(Failures, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(3))
            .WithTimeouts(options => (options.FirstContentTimeout, options.AttemptTimeout, options.IdleTimeout) = (AttemptTimeout, AttemptTimeout, TimeSpan.FromSeconds(1)))
            .WithFallback(options => options.MidStream = Interrupts ? MidStreamPolicy.Interrupt : MidStreamPolicy.Continue);
        if (RunsIn is { } geography)
        {
            builder.RunsIn($"here in {geography}", geography);
        }

        if (Requirement == Requirement.Request)
        {
            builder.RequireResidency();
        }
        else if (Requirement == Requirement.Resolver)
        {
            builder.RequireResidency(static _ => WorldRequest.Asking!.Resolver.Resolve());
        }

        if (HedgeAfter is { } delay)
        {
            builder.WithHedging(delay);
        }

        if (HasLimit)
        {
            builder.WithRateLimit(static options => (options.MaxConcurrentCalls, options.MaxWait) = (1, TimeSpan.FromSeconds(1)));
        }
    }
}
