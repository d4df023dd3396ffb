using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>The circuit breaker, one for every endpoint.</summary>
internal sealed class CircuitBreakerLayer() : ConfiguredLayer<ChatCircuitBreakerOptions>("CircuitBreaker")
{
    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatCircuitBreakerOptions>> change)
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
        reader.Whole(nameof(ChatCircuitBreakerOptions.RefusalThreshold), value => change(o => o.RefusalThreshold = value));
        reader.Time(nameof(ChatCircuitBreakerOptions.MaxCooldown), value => change(o => o.MaxCooldown = value));
    }

    protected override void ValidateOptions(ChatCircuitBreakerOptions options, string owner)
    {
        var errors = string.Join(' ', options.GetErrors());
        if (errors.Length > 0)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatCircuitBreakerOptions)}: {errors}");
        }
    }

    protected override LayeredClient Wrap(IChatClient client, ChatCircuitBreakerOptions options, EndpointParts parts)
    {
        var hedging = parts.Policies.Find<ChatHedgingOptions>();

        // Hedging covers only a tenth of the calls. When all are slow, the circuit must send them elsewhere.
        var slowCalls = hedging?.StatedDelay is { } delay
            ? SlowCallBound.Adaptive(parts.TimeProvider, delay, hedging.Percentile, parts.Latency)
            : null;
        var breaker = new CircuitBreaker(options, parts.TimeProvider, parts.Randomizer, slowCalls);
        breaker.Transitioned += change => parts.Events.CircuitChanged(parts.Endpoint, change);
        breaker.Transitioned += change =>
        {
            // Endpoints are explored so rarely that the slow average would keep lowest-latency routing away for thousands of requests.
            if (change.EndsSlowness)
            {
                parts.Latency.ForgetAverage();
            }
        };
        return new(
            new CircuitBreakerChatClient(client, breaker, parts.Classifier, parts.TimeProvider, parts.Latency, parts.Region, parts.Traffic),
            Describe(options, hedging));
    }

    private static string Describe(ChatCircuitBreakerOptions options, ChatHedgingOptions? hedging) =>
        FormattableString.Invariant($"circuit breaker: {options.FailureThreshold} failures in {DescribedTime.Of(options.SamplingDuration)}")
        + (options.FailureRatio > 0 ? FormattableString.Invariant($" and {options.FailureRatio} of the calls") : "")
        + (options.ConsecutiveFailures is { } row and < int.MaxValue ? FormattableString.Invariant($", or {row} in a row") : "")
        + (SlowAfter(options, hedging) is { } slow
            ? FormattableString.Invariant($", or {options.FailureThreshold} silent for {slow} and {options.SlowCallRatio} of the calls")
            : "")
        + $"; break {DescribedTime.Of(options.BreakDuration)} to {DescribedTime.Of(options.MaxBreakDuration)}";

    private static string? SlowAfter(ChatCircuitBreakerOptions options, ChatHedgingOptions? hedging) =>
        options.SlowCallDuration is { } duration ? duration > TimeSpan.Zero ? DescribedTime.Of(duration) : null
        : hedging?.StatedDelay is { } delay
            ? FormattableString.Invariant($"{SlowCallBound.Multiple} times the usual time ")
                + FormattableString.Invariant($"(percentile {hedging.Percentile}, at least {DescribedTime.Of(delay)})")
            : null;
}
