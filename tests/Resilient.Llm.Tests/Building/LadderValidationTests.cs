using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A ladder that makes no sense is refused before a client is made, by a message that names the option, its value and the mend.</summary>
public sealed partial class LadderValidationTests
{
    private static readonly TimeSpan Negative = TimeSpan.FromSeconds(-1);

    /// <summary>What the message must hold, parted by bars, and the mistake, made on a ladder that has the model "primary".</summary>
    public static TheoryData<string, Action<ResilientChatBuilder>> Mistakes { get; } = new()
    {
        // The ladder.
        { "AnswerWithin is 00:00:00|above zero", b => b.AnswerWithin(TimeSpan.Zero) },
        { "AnswerWithin is -00:00:01|above zero", b => b.AnswerWithin(Negative) },
        { "FirstContentWithin is 00:00:00|above zero", b => b.AnswerWithin(TimeSpan.FromSeconds(1), TimeSpan.Zero) },
        { "AttemptShare is 0.|above 0 and below 1", b => b.WithFallback(o => o.AttemptShare = 0) },
        { "AttemptShare is 1.|above 0 and below 1", b => b.WithFallback(o => o.AttemptShare = 1) },
        { "AttemptShare is NaN|above 0 and below 1", b => b.WithFallback(o => o.AttemptShare = double.NaN) },
        { "MinimumAttempt is -00:00:01|zero or more", b => b.WithFallback(o => o.MinimumAttempt = Negative) },
        { "Reserve is -00:00:01|zero or more", b => b.WithFallback(o => o.Reserve = Negative) },

        // The rungs.
        { "Two models are named 'primary'|its own name", b => b.AddModel("primary", new ScriptedChatClient()) },
        { "named 'cache'|another name", b => b.AddModel("cache", new ScriptedChatClient()) },
        { "named 'last-resort'|another name", b => b.AddModel("last-resort", new ScriptedChatClient()) },
        { "below the last resort|AddLastResort last", b => b.AddLastResort().AddModel("late", new ScriptedChatClient()) },
        { "below the last resort|AddLastResort last", b => b.AddLastResort().AddCachedAnswers() },
        { "below the last resort|AddLastResort last", b => b.AddLastResort().AddLastResort() },
        { "AddCachedAnswers was called twice|once", b => b.AddCachedAnswers().AddCachedAnswers() },
        { "EU|primary: undeclared|InRegion", b => b.WithResidency(DataResidency.Within("EU")) },
        { "window is 0|above zero", b => b.AddModel("small", new ScriptedChatClient(), m => m.WithContextWindow(0)) },

        // The policies: said of the ladder or of a model, the model is named.
        { "Model 'primary'|AttemptTimeout is 00:00:00|above zero", b => b.WithTimeouts(o => o.AttemptTimeout = TimeSpan.Zero) },
        { "Model 'b'|AttemptTimeout is -00:00:01|above zero", b => b.AddModel("b", new ScriptedChatClient(), m => m.WithTimeouts(o => o.AttemptTimeout = Negative)) },
        { "FirstContentTimeout is 00:00:00|above zero", b => b.WithTimeouts(o => o.FirstContentTimeout = TimeSpan.Zero) },
        { "IdleTimeout is 00:00:00|above zero", b => b.WithTimeouts(o => o.IdleTimeout = TimeSpan.Zero) },
        { "AttemptTimeout is 00:02:00|00:01:40 (AnswerWithin)|Shorten|lengthen", b => b.WithTimeouts(o => o.AttemptTimeout = TimeSpan.FromMinutes(2)) },
        { "FirstContentTimeout is 00:00:31|00:00:30 (FirstContentWithin)|Shorten|lengthen", b => b.WithTimeouts(o => o.FirstContentTimeout = TimeSpan.FromSeconds(31)) },
        { "AttemptTimeout is 00:00:09|00:00:08 (AnswerWithin)", b => b.WithTimeouts(o => o.AttemptTimeout = TimeSpan.FromSeconds(9)).AnswerWithin(TimeSpan.FromSeconds(8)) },
        { "MaxRetries is -1|0 to 10", b => b.WithRetries(-1) },
        { "MaxRetries is 11|0 to 10", b => b.WithRetries(11) },
        { "BaseDelay is 00:00:00|above zero", b => b.WithRetries(o => o.BaseDelay = TimeSpan.Zero) },
        { "MaxDelay is 00:00:00.1000000|BaseDelay (00:00:00.5000000)", b => b.WithRetries(o => o.MaxDelay = TimeSpan.FromMilliseconds(100)) },
        { "MaxDelay is 10675199.02:48:05.4775807|1.00:00:00", b => b.WithRetries(o => o.MaxDelay = TimeSpan.MaxValue) },
        { "MaxRetryAfter is -00:00:01|zero or more", b => b.WithRetries(o => o.MaxRetryAfter = Negative) },
        { "MaxRetryAfter is 10675199.02:48:05.4775807|1.00:00:00", b => b.WithRetries(o => o.MaxRetryAfter = TimeSpan.MaxValue) },
        { "BudgetRatio is 1.5|0 to 1", b => b.WithRetries(o => o.BudgetRatio = 1.5) },
        { "BudgetRatio is NaN|0 to 1", b => b.WithRetries(o => o.BudgetRatio = double.NaN) },
        { "BudgetFloor is -1|0 or more", b => b.WithRetries(o => o.BudgetFloor = -1) },
        { "Model 'primary'|ChatCircuitBreakerOptions|FailureThreshold is 0|between 1 and 10000", b => b.WithCircuitBreaker(0, TimeSpan.FromSeconds(10)) },
        { "SamplingDuration is 00:00:00|between", b => b.WithCircuitBreaker(5, TimeSpan.Zero) },
        { "BreakDuration is -00:00:01|between", b => b.WithCircuitBreaker(5, TimeSpan.FromSeconds(10), Negative) },
        { "FailureRatio is 2|between 0", b => b.WithCircuitBreaker(o => o.FailureRatio = 2) },
        { "MaxBreakDuration (00:00:01)|BreakDuration (00:00:15)|Raise|shorten", b => b.WithCircuitBreaker(o => o.MaxBreakDuration = TimeSpan.FromSeconds(1)) },
        { "Model 'primary'|MaxConcurrentCalls is 0|at least 1", b => b.WithRateLimit(o => o.MaxConcurrentCalls = 0) },
        { "RequestsPerMinute is 0|at least 1", b => b.WithRateLimit(o => o.RequestsPerMinute = 0) },
        { "TokensPerMinute is -5|at least 1", b => b.WithRateLimit(o => o.TokensPerMinute = -5) },
        { "Burst is 00:00:00|above zero", b => b.WithRateLimit(o => o.Burst = TimeSpan.Zero) },
        { "MaxWait is -00:00:01|zero", b => b.WithRateLimit(o => o.MaxWait = Negative) },
        { "MaxWait is 00:00:01|no limit is set|RequestsPerMinute", b => b.WithRateLimit(o => o.MaxWait = TimeSpan.FromSeconds(1)) },
        { "Model 'primary'|Extractors[0] is null|Remove", b => b.WithFailures(o => o.Extractors.Add(null!)) },
        { "Reactions[Cancelled]|Remove", b => b.WithFailures(o => o.Reactions[FailureKind.Cancelled] = new(false, HealthEffect.Neutral, true)) },

        // Places.
        {
            "Region 'swedencentral' is declared in two geographies: EU (a/one) and US (b)|Declare the same geography",
            b => b.AddModel("a", m => m.InRegion("swedencentral", "EU").AddEndpoint("one", new ScriptedChatClient()))
                .AddModel("b", new ScriptedChatClient(), m => m.InRegion("SwedenCentral", "US"))
        },

        // Our own rungs.
        { "Mode is 9|OnFailure or ReadThrough", b => b.AddCachedAnswers(o => o.Mode = (CachedAnswerMode)9) },
        { "Scope is 9|WholeConversation", b => b.AddCachedAnswers(o => o.Scope = (CachedAnswerScope)9) },
        { "MaxAge is 00:00:00|above zero", b => b.AddCachedAnswers(o => o.MaxAge = TimeSpan.Zero) },
        { "MemoryLimit is -1|or above", b => b.AddCachedAnswers(o => o.MemoryLimit = -1) },
        { "MemoryLimit is 0|no distributed store", b => b.AddCachedAnswers(o => o.MemoryLimit = 0) },
        { "StoreTimeout is 00:00:00|00:01:00", b => b.AddCachedAnswers(o => o.StoreTimeout = TimeSpan.Zero) },
        { "MaxPendingWrites is 0|1 to 65536", b => b.AddCachedAnswers(o => o.MaxPendingWrites = 0) },
        { "Geography is blank|EU", b => b.AddCachedAnswers(o => o.Geography = " ") },
        { "MaxResults|between 1 and 20", b => b.AddLastResort(l => l.MaxResults = 0) },
        { "RuleTimeout|above zero", b => b.AddLastResort(l => l.RuleTimeout = TimeSpan.Zero) },
        { "SearchTimeout|above zero", b => b.AddLastResort(l => l.SearchTimeout = Negative) },
        { "AddRule|at least one keyword", b => b.AddLastResort(l => l.AddRule([], "answer")) },
    };

    /// <summary>Nothing where something is needed. The name of the parameter says what.</summary>
    public static TheoryData<string, Action<ResilientChatBuilder>> Nothings { get; } = new()
    {
        { "name", b => b.AddModel(" ", new ScriptedChatClient()) },
        { "name", b => b.AddModel(null!) },
        { "client", b => b.AddModel("b", (IChatClient)null!) },
        { "factory", b => b.AddModel("b", (Func<IServiceProvider, IChatClient>)null!) },
        { "configure", b => b.AddModel("b", (Action<ChatModelBuilder>)null!) },
        { "region", b => b.RunsIn("", "EU") },
        { "geography", b => b.RunsIn("swedencentral", " ") },
        { "region", b => b.AddModel("b", new ScriptedChatClient(), m => m.InRegion(" ")) },
        { "geography", b => b.AddModel("b", new ScriptedChatClient(), m => m.InRegion("swedencentral", " ")) },
        { "configure", b => b.AddModel("b", new ScriptedChatClient(), m => m.ConfigureOptions(null!)) },
        { "decorate", b => b.AddModel("b", new ScriptedChatClient(), m => m.Use((Func<IChatClient, IChatClient>)null!)) },
        { "decorate", b => b.AddModel("b", new ScriptedChatClient(), m => m.Use((Func<IChatClient, IServiceProvider, IChatClient>)null!)) },
        { "decorate", b => b.Use((Func<IChatClient, IChatClient>)null!) },
        { "decorate", b => b.Use((Func<IChatClient, IServiceProvider, IChatClient>)null!) },
        { "residency", b => b.WithResidency(null!) },
        { "configure", b => b.WithFallback(null!) },
        { "configure", b => b.WithTimeouts(null!) },
        { "configure", b => b.WithRetries(null!) },
        { "configure", b => b.WithCircuitBreaker(null!) },
        { "configure", b => b.WithRateLimit(null!) },
        { "configure", b => b.WithFailures(null!) },
        { "pipeline", b => b.WithPipeline(null!) },
        { "timeProvider", b => b.WithTimeProvider(null!) },
        { "randomizer", b => b.WithRandomizer(null!) },
        { "callback", b => b.OnRetry(null!) },
        { "callback", b => b.OnFallback(null!) },
        { "callback", b => b.OnCircuitChanged(null!) },
        { "callback", b => b.OnCompleted(null!) },
        { "handler", b => b.AddLastResort(l => l.OnError(null!)) },
        { "source", b => b.AddLastResort(l => l.AddSearch((ISearchSource)null!)) },
        { "factory", b => b.AddLastResort(l => l.AddSearch((Func<IServiceProvider, ISearchSource>)null!)) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Build_Mistake_IsRefusedWithTheMendBeforeAClientIsMade(string expected, Action<ResilientChatBuilder> mistake)
    {
        var made = 0;
        var builder = new ResilientChatBuilder().AddModel("primary", _ =>
        {
            made++;
            return new ScriptedChatClient();
        });

        var exception = Assert.ThrowsAny<ArgumentException>(() =>
        {
            mistake(builder);
            builder.Build();
        });

        Assert.All(expected.Split('|'), part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
        Assert.Equal(0, made);
    }

    [Theory]
    [MemberData(nameof(Nothings))]
    public void Builder_Nothing_IsRefusedWhereItIsSaid(string parameter, Action<ResilientChatBuilder> mistake) =>
        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(() => mistake(new ResilientChatBuilder())).ParamName);

    [Fact]
    public void Build_NoModel_IsRefused() =>
        Assert.Contains("no model. Add at least one with AddModel", Assert.Throws<ArgumentException>(() => new ResilientChatBuilder().AddLastResort().Build()).Message);

    [Fact]
    public void Build_CacheAboveEveryModel_IsRefusedOnlyWhereItServesOnFailure()
    {
        static ResilientChatBuilder Ladder(CachedAnswerMode mode) =>
            new ResilientChatBuilder().AddCachedAnswers(o => o.Mode = mode).AddModel("primary", new ScriptedChatClient());

        var exception = Assert.Throws<ArgumentException>(() => Ladder(CachedAnswerMode.OnFailure).Build());

        Assert.Contains("AddCachedAnswers after AddModel, or set Mode to ReadThrough", exception.Message, StringComparison.Ordinal);
        Ladder(CachedAnswerMode.ReadThrough).Build().Dispose();
    }

    [Fact]
    public void Build_RegionOfSeveralModelsInOneGeographyOrUndeclared_IsAllowed() => new ResilientChatBuilder()
        .AddModel("primary", new ScriptedChatClient(), static m => m.InRegion("swedencentral", "EU"))
        .AddModel("cheaper", new ScriptedChatClient(), static m => m.InRegion("SWEDENCENTRAL", "eu"))
        .AddModel("cheapest", new ScriptedChatClient(), static m => m.InRegion("swedencentral"))
        .Build()
        .Dispose();

    /// <summary>Stray spaces are nobody's intention: places are trimmed, as residencies and the names that operators give are.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Build_PlacesWithSpacesAroundThem_AreWhatTheySay(bool ofEndpoint)
    {
        var client = new ScriptedChatClient().Always(Scripted.Answer("answer"));
        using var ladder = new ResilientChatBuilder()
            .RunsIn(" swedencentral", "EU ")
            .AddModel("primary", model => _ = ofEndpoint
                ? model.AddEndpoint("sweden", client, static endpoint => endpoint.InRegion(" swedencentral ", "\tEU "))
                : model.InRegion(" swedencentral ", "\tEU ").AddEndpoint("sweden", client))
            .AddModel("cheaper", new ScriptedChatClient(), static m => m.InRegion("swedencentral", "EU"))
            .WithResidency(DataResidency.Within(" EU"))
            .Build();
        var regions = ladder.GetRequiredService<ChatRegions>();

        Assert.Equal("answer", (await ladder.GetResponseAsync("question")).Text);
        var region = Assert.Single(regions.States);
        Assert.Equal(("swedencentral", "EU", 2), (region.Name, region.Geography, region.Endpoints.Count));
        regions.Isolate("swedencentral");
        regions.Restore(" swedencentral ");
        Assert.True(DataResidency.Within("EU").Allows(" eu "));
    }

    [Fact]
    public void Build_UnboundedTimes_AreAllowed() => new ResilientChatBuilder()
        .AddModel("primary", new ScriptedChatClient())
        .AnswerWithin(Timeout.InfiniteTimeSpan)
        .WithTimeouts(o => (o.AttemptTimeout, o.FirstContentTimeout, o.IdleTimeout) = (TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan))
        .Build()
        .Dispose();
}
