using Resilient.Llm.Shared;

namespace Resilient.Llm.Building;

/// <content>The policies, which the ladder and each of its models can set.</content>
internal static partial class LadderConfiguration
{
    private static void Policies<TSelf>(ConfigurationReader reader, ChatPolicyBuilder<TSelf> builder)
        where TSelf : ChatPolicyBuilder<TSelf>
    {
        reader.Section("Timeouts", section => Timeouts(section, change => builder.WithTimeouts(change)));
        reader.Section("Retries", section => Retries(section, change => builder.WithRetries(change)));
        reader.Section("CircuitBreaker", section => CircuitBreaker(section, change => builder.WithCircuitBreaker(change)));
        reader.Section("Hedging", section => Hedging(section, change => builder.WithHedging(change)));
        reader.Section("RateLimit", section => RateLimit(section, change => builder.WithRateLimit(change)));
        reader.Section("Failures", section => section.Bool(
            nameof(ChatFailureOptions.RequireFinishReasonOnStreams), value => builder.WithFailures(o => o.RequireFinishReasonOnStreams = value)));
    }

    private static void Timeouts(ConfigurationReader reader, Action<Action<ChatTimeoutOptions>> change)
    {
        reader.Time(nameof(ChatTimeoutOptions.AttemptTimeout), value => change(o => o.AttemptTimeout = value));
        reader.Time(nameof(ChatTimeoutOptions.FirstContentTimeout), value => change(o => o.FirstContentTimeout = value));
        reader.Time(nameof(ChatTimeoutOptions.IdleTimeout), value => change(o => o.IdleTimeout = value));
    }

    private static void Retries(ConfigurationReader reader, Action<Action<ChatRetryOptions>> change)
    {
        reader.Whole(nameof(ChatRetryOptions.MaxRetries), value => change(o => o.MaxRetries = value));
        reader.Time(nameof(ChatRetryOptions.BaseDelay), value => change(o => o.BaseDelay = value));
        reader.Time(nameof(ChatRetryOptions.MaxDelay), value => change(o => o.MaxDelay = value));
        reader.Time(nameof(ChatRetryOptions.MaxRetryAfter), value => change(o => o.MaxRetryAfter = value));
        reader.Number(nameof(ChatRetryOptions.BudgetRatio), value => change(o => o.BudgetRatio = value));
        reader.Whole(nameof(ChatRetryOptions.BudgetFloor), value => change(o => o.BudgetFloor = value));
    }

    private static void CircuitBreaker(ConfigurationReader reader, Action<Action<ChatCircuitBreakerOptions>> change)
    {
        reader.Whole(nameof(ChatCircuitBreakerOptions.FailureThreshold), value => change(o => o.FailureThreshold = value));
        reader.Number(nameof(ChatCircuitBreakerOptions.FailureRatio), value => change(o => o.FailureRatio = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.SamplingDuration), value => change(o => o.SamplingDuration = value));
        reader.Whole(nameof(ChatCircuitBreakerOptions.ConsecutiveFailures), value => change(o => o.ConsecutiveFailures = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.BreakDuration), value => change(o => o.BreakDuration = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.MaxBreakDuration), value => change(o => o.MaxBreakDuration = value));
        reader.Whole(nameof(ChatCircuitBreakerOptions.SuccessesToClose), value => change(o => o.SuccessesToClose = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.ProbeTimeout), value => change(o => o.ProbeTimeout = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.ProbeSucceedsAfter), value => change(o => o.ProbeSucceedsAfter = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.CancelledCallThreshold), value => change(o => o.CancelledCallThreshold = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.SlowCallDuration), value => change(o => o.SlowCallDuration = value));
        reader.Number(nameof(ChatCircuitBreakerOptions.SlowCallRatio), value => change(o => o.SlowCallRatio = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.MaxCooldown), value => change(o => o.MaxCooldown = value));
    }

    private static void Hedging(ConfigurationReader reader, Action<Action<ChatHedgingOptions>> change)
    {
        // The section alone asks for hedging: with the defaults.
        change(static _ => { });
        reader.Time(nameof(ChatHedgingOptions.Delay), value => change(o => o.Delay = value));
        reader.Number(nameof(ChatHedgingOptions.Percentile), value => change(o => o.Percentile = value));
        reader.Time(nameof(ChatHedgingOptions.MinimumDelay), value => change(o => o.MinimumDelay = value));
        reader.Time(nameof(ChatHedgingOptions.InitialDelay), value => change(o => o.InitialDelay = value));
    }

    private static void RateLimit(ConfigurationReader reader, Action<Action<ChatRateLimitOptions>> change)
    {
        reader.Whole(nameof(ChatRateLimitOptions.MaxConcurrentCalls), value => change(o => o.MaxConcurrentCalls = value));
        reader.Whole(nameof(ChatRateLimitOptions.RequestsPerMinute), value => change(o => o.RequestsPerMinute = value));
        reader.Whole(nameof(ChatRateLimitOptions.TokensPerMinute), value => change(o => o.TokensPerMinute = value));
        reader.Time(nameof(ChatRateLimitOptions.Burst), value => change(o => o.Burst = value));
        reader.Time(nameof(ChatRateLimitOptions.MaxWait), value => change(o => o.MaxWait = value));
    }
}
