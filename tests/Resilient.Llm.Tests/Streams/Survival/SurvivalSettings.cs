using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Tests;

/// <summary>How the ladder of one run is built. Drawn from the seed, and small: few models, low thresholds, short times, so that everything happens often.</summary>
internal sealed record SurvivalSettings
{
    public const string Instruction = "go on";

    public required int Models { get; init; }

    public TimeSpan? Deadline { get; init; }

    public int MaxRetries { get; init; }

    public int BudgetFloor { get; init; }

    public (int Failures, TimeSpan Within, TimeSpan BreakFor)? Breaker { get; init; }

    public TimeSpan? AttemptTimeout { get; init; }

    public TimeSpan IdleTimeout { get; init; }

    public int? MaxConcurrentCalls { get; init; }

    public TimeSpan MaxWait { get; init; }

    public bool HasCache { get; init; }

    public bool HasLastResort { get; init; }

    public bool HasPipeline { get; init; }

    public bool HasUsersClient { get; init; }

    public TimeSpan? HedgeAfter { get; init; }

    public TimeSpan? SlowCallDuration { get; init; }

    public MidStreamPolicy MidStream { get; init; }

    public int MaxContinuations { get; init; }

    public static SurvivalSettings From(Draw draw) => new()
    {
        Models = draw.Weighted((2, 1), (4, 2), (4, 3)),
        Deadline = draw.One<int?>(null, null, 1_000, 4_000, 60_000) is { } deadline ? TimeSpan.FromMilliseconds(deadline) : null,
        MaxRetries = draw.Int(0, 2),
        BudgetFloor = draw.One(0, 1, 10),
        Breaker = draw.Chance(0.5) ? null : (draw.Int(1, 3), draw.Time(2_000, 20_000), draw.Time(500, 10_000)),
        AttemptTimeout = draw.One<int?>(null, null, 300, 900) is { } timeout ? TimeSpan.FromMilliseconds(timeout) : null,
        IdleTimeout = draw.One(TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30)),
        MaxConcurrentCalls = draw.One<int?>(null, null, 1, 2),
        MaxWait = draw.Chance(0.5) ? TimeSpan.Zero : draw.Time(100, 3_000),
        HasCache = draw.Chance(0.15),
        HasLastResort = draw.Chance(0.3),
        HasPipeline = draw.Chance(0.1),
        HasUsersClient = draw.Chance(0.1),
        HedgeAfter = draw.Chance(0.35) ? draw.Time(10, draw.One(100, 1_500)) : null,
        SlowCallDuration = draw.Chance(0.2) ? draw.Time(100, 3_000) : null,
        MidStream = draw.Chance(0.3) ? MidStreamPolicy.Interrupt : MidStreamPolicy.Continue,
        MaxContinuations = draw.Int(1, 3),
    };

    public IChatClient Build(SurvivalRun run, IReadOnlyList<SurvivalProvider> providers)
    {
        var jitter = Draw.For(run.Seed, 99, 0);
        var builder = new ResilientChatBuilder().WithTimeProvider(run.Clock).WithRandomizer(jitter.Next)
            .WithRetries(options => (options.MaxRetries, options.BaseDelay, options.BudgetFloor) = (MaxRetries, TimeSpan.FromMilliseconds(200), BudgetFloor))
            .WithTimeouts(options =>
                (options.FirstContentTimeout, options.AttemptTimeout, options.IdleTimeout) = (AttemptTimeout, AttemptTimeout, IdleTimeout))
            .WithFallback(options => (options.MidStream, options.MaxContinuations, options.ContinuationInstruction) = (MidStream, MaxContinuations, Instruction));
        if (Deadline is { } deadline)
        {
            builder.AnswerWithin(deadline);
        }

        if (Breaker is { } breaker)
        {
            builder.WithCircuitBreaker(breaker.Failures, breaker.Within, breaker.BreakFor);
        }

        if (SlowCallDuration is { } slow)
        {
            builder.WithCircuitBreaker(options => options.SlowCallDuration = slow);
        }

        if (HedgeAfter is { } hedge)
        {
            builder.WithHedging(hedge);
        }

        if (MaxConcurrentCalls is { } calls)
        {
            builder.WithRateLimit(options => (options.MaxConcurrentCalls, options.MaxWait) = (calls, MaxWait));
        }

        if (HasPipeline)
        {
            builder.WithPipeline(ResiliencePipeline.Empty);
        }

        foreach (var provider in providers)
        {
            builder.AddModel(provider.Name, provider, model =>
            {
                if (HasUsersClient)
                {
                    model.Use(static inner => new PassingClient(inner));
                }
            });
        }

        if (HasCache)
        {
            builder.AddCachedAnswers();
        }

        if (HasLastResort)
        {
            builder.AddLastResort();
        }

        return builder.Build();
    }
}
