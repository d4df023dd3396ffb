using Microsoft.Extensions.AI;
using Polly;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderDescriptionTests
{
    [Fact]
    public void Description_FullLadder_NamesEveryLayer()
    {
        using var ladder = new ResilientChatBuilder()
            .AnswerWithin(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5))
            .WithResidency(DataResidency.Within("EU"))
            .WithCircuitBreaker(failures: 3, within: TimeSpan.FromSeconds(30))
            .Use(static c => new PassingClient(c))
            .AddModel("primary", new ScriptedChatClient(), m => m
                .InRegion("swedencentral", "EU")
                .WithContextWindow(128_000)
                .WithRateLimit(o => o.RequestsPerMinute = 60)
                .WithPipeline(ResiliencePipeline.Empty)
                .Use(static c => new PassingClient(c)))
            .AddModel("abroad", _ => new ScriptedChatClient(), m => m
                .WithRetries(0)
                .WithCircuitBreaker(o => (o.FailureRatio, o.ConsecutiveFailures) = (0.25, 7))
                .WithTimeouts(o => (o.AttemptTimeout, o.IdleTimeout) = (TimeSpan.FromMilliseconds(1500), Timeout.InfiniteTimeSpan)))
            .AddCachedAnswers()
            .AddLastResort()
            .Build();

        Assert.Equal(
            """
            clients of the application above the ladder: 1
            ladder: answer within 20 s, first content within 5 s, data EU
              streams that break: continued, up to 3 times
              model primary in swedencentral (EU), 128000 tokens
                retries: 2, from 0.5 s to 8 s
                rate limit: any at once, 60 requests and any tokens a minute
                circuit breaker: 3 failures in 30 s; break 15 s to 120 s
                timeout: attempt its share, first content its share, idle 30 s
                pipelines of the application: 1
                clients of the application: 1
                client: ScriptedChatClient
              model abroad
                retries: none
                circuit breaker: 3 failures in 30 s and 0.25 of the calls, or 7 in a row; break 15 s to 120 s
                timeout: attempt 1.5 s, first content its share, idle unbounded
                client: ScriptedChatClient
              cached answers, on failure
              last resort: rules, search, apology
            """.ReplaceLineEndings("\n"),
            ladder.GetRequiredService<LadderDescription>().ToString());
    }

    [Fact]
    public void Description_ReadThrough_StandsAboveTheModels()
    {
        using var ladder = new ResilientChatBuilder()
            .AnswerWithin(Timeout.InfiniteTimeSpan)
            .AddModel("primary", new ScriptedChatClient())
            .AddCachedAnswers(o => o.Mode = CachedAnswerMode.ReadThrough)
            .Build();

        var lines = ladder.GetRequiredService<LadderDescription>().ToString().Split('\n');

        Assert.Equal(
            ["ladder: answer within unbounded, first content within unbounded, data anywhere", "  streams that break: continued, up to 3 times", "  cached answers, read through", "  model primary"], lines[..4]);
    }

    [Theory]
    [InlineData(0.5, null, "4 times the usual time (percentile 0.95, at least 0.5 s)")]
    [InlineData(null, null, "4 times the usual time (percentile 0.95, at least 2 s)")]
    [InlineData(0.5, 3.0, "3 s")]
    [InlineData(0.5, -0.001, null)]
    [InlineData(-0.001, null, null)]
    [InlineData(-0.001, 3.0, "3 s")]
    public void Description_HedgedModel_SaysWhatIsSlow(double? delay, double? slowCallDuration, string? slow)
    {
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", new ScriptedChatClient(), model => model
                .WithHedging(hedging => hedging.Delay = Seconds(delay))
                .WithCircuitBreaker(breaker => breaker.SlowCallDuration = Seconds(slowCallDuration)))
            .AddModel("cheaper", new ScriptedChatClient())
            .Build();

        var breakers = ladder.GetRequiredService<LadderDescription>().ToString().Split('\n').Where(static line => line.Contains("circuit breaker", StringComparison.Ordinal)).ToArray();

        Assert.Equal(
            $"      circuit breaker: 5 failures in 10 s and 0.5 of the calls, or 10 in a row{(slow is null ? "" : $", or 5 silent for {slow} and 0.5 of the calls")}; break 15 s to 120 s",
            "  " + breakers[0]);
        Assert.DoesNotContain("silent", breakers[1], StringComparison.Ordinal);

        static TimeSpan? Seconds(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;
    }

    [Fact]
    public void Description_EveryModelHedged_LastOneHasNobodyToAsk()
    {
        using var ladder = new ResilientChatBuilder()
            .WithHedging(TimeSpan.FromSeconds(1))
            .AddModel("primary", new ScriptedChatClient())
            .AddModel("usual", new ScriptedChatClient(), static m => m.WithHedging(static o => (o.Delay, o.InitialDelay) = (null, Timeout.InfiniteTimeSpan)))
            .AddModel("last", new ScriptedChatClient())
            .AddLastResort()
            .Build();

        Assert.Equal(
            [
                "hedging: the next model is asked too after 1 s",
                "hedging: the next model is asked too after the usual time (percentile 0.95, at least 0.1 s); never while that is unknown",
                "hedging: none, there is no model below",
            ],
            ladder.GetRequiredService<LadderDescription>().ToString().Split('\n').Select(static line => line.Trim()).Where(static line => line.StartsWith("hedging", StringComparison.Ordinal)));
    }
}
