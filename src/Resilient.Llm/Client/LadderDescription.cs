using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>The composed chain as text: to read in a log at start-up, and to assert in a test that the ladder in use is the one that was meant.</summary>
/// <remarks>Get it with <c>client.GetService&lt;LadderDescription&gt;()</c>. Immutable. Holds names and settings, never keys or hosts.</remarks>
public sealed class LadderDescription
{
    private readonly string _text;

    private LadderDescription(string text) => _text = text;

    /// <summary>The chain, one layer or rung a line, indented by depth.</summary>
    public override string ToString() => _text;

    internal sealed class Writer
    {
        private readonly StringBuilder _text = new();

        public void Line(int depth, string line) => _text.Append(' ', depth * 2).Append(line).Append('\n');

        public void Root(ResilientChatClientOptions options, ChatFallbackOptions fallback, ChatProbeOptions? probes, int clientsAbove)
        {
            if (clientsAbove > 0)
            {
                Line(0, string.Create(CultureInfo.InvariantCulture, $"clients of the application above the ladder: {clientsAbove}"));
            }

            Line(0, $"ladder: answer within {Show(options.AnswerWithin)}, first content within {Show(options.FirstContentWithin)}, data {options.Residency}{(options.Required is null ? "" : ", residency required")}");
            Line(1, fallback.MidStream == MidStreamPolicy.Interrupt
                ? "streams that break: interrupted"
                : string.Create(CultureInfo.InvariantCulture, $"streams that break: continued, up to {fallback.MaxContinuations} times"));
            if (probes is not null)
            {
                Line(1, string.Create(CultureInfo.InvariantCulture, $"active probes: when a break ends{(probes.ProbeIdleEndpoints ? $", and of endpoints idle for {Show(probes.IdleAfter)}" : "")}")
                    + string.Create(CultureInfo.InvariantCulture, $"; {probes.MaxProbesPerMinute} a minute at most, {Show(probes.Timeout)} each, data {options.Residency.Intersect(probes.Residency)}"));
            }
        }

        public void Model(Endpoint endpoint, int? contextWindow, ChatCapabilities capabilities) => Line(
            1,
            string.Create(CultureInfo.InvariantCulture, $"model {endpoint.Model}")
            + (endpoint.Region is null ? "" : $" in {endpoint.Region}")
            + (endpoint.Geography is null ? "" : $" ({endpoint.Geography})")
            + (contextWindow is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {contextWindow} tokens"))
            + (capabilities == ChatCapabilities.All ? "" : $", capabilities: {capabilities}"));

        public void EndpointName(Endpoint endpoint, double weight) => Line(
            2,
            $"endpoint {endpoint.Name}"
            + (endpoint.Region is null ? "" : $" in {endpoint.Region}")
            + (endpoint.Geography is null ? "" : $" ({endpoint.Geography})")
            + (weight == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", weight {weight}")));

        public void Endpoint(
            ChatRetryOptions retries,
            ChatHedgingOptions? hedging,
            bool isAlone,
            ChatRateLimitOptions rateLimit,
            ChatCircuitBreakerOptions breaker,
            ChatTimeoutOptions timeouts,
            int pipelines,
            int users,
            string[] innermost,
            IChatClient provider)
        {
            Line(2, retries.MaxRetries == 0
                ? "retries: none"
                : string.Create(CultureInfo.InvariantCulture, $"retries: {retries.MaxRetries}, from {Show(retries.BaseDelay)} to {Show(retries.MaxDelay)}"));
            if (hedging is not null && hedging.Delay != Timeout.InfiniteTimeSpan)
            {
                Line(2, isAlone ? "hedging: none, there is no model below" : $"hedging: the next model is asked too after {Wait(hedging)}");
            }

            if (rateLimit.HasLimits)
            {
                Line(2, string.Create(
                    CultureInfo.InvariantCulture,
                    $"rate limit: {rateLimit.MaxConcurrentCalls?.ToString(CultureInfo.InvariantCulture) ?? "any"} at once, {rateLimit.RequestsPerMinute?.ToString(CultureInfo.InvariantCulture) ?? "any"} requests and {rateLimit.TokensPerMinute?.ToString(CultureInfo.InvariantCulture) ?? "any"} tokens a minute"));
            }

            Line(2, string.Create(CultureInfo.InvariantCulture, $"circuit breaker: {breaker.FailureThreshold} failures in {Show(breaker.SamplingDuration)}")
                + (breaker.FailureRatio > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {breaker.FailureRatio} of the calls") : "")
                + (breaker.ConsecutiveFailures is { } row and < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $", or {row} in a row") : "")
                + (SlowAfter(breaker, hedging) is { } slow
                    ? string.Create(CultureInfo.InvariantCulture, $", or {breaker.FailureThreshold} silent for {slow} and {breaker.SlowCallRatio} of the calls")
                    : "")
                + $"; break {Show(breaker.BreakDuration)} to {Show(breaker.MaxBreakDuration)}");
            Line(2, $"timeout: attempt {Show(timeouts.AttemptTimeout)}, first content {Show(timeouts.FirstContentTimeout)}, idle {Show(timeouts.IdleTimeout)}");
            if (pipelines > 0)
            {
                Line(2, string.Create(CultureInfo.InvariantCulture, $"pipelines of the application: {pipelines}"));
            }

            if (users > 0)
            {
                Line(2, string.Create(CultureInfo.InvariantCulture, $"clients of the application: {users}"));
            }

            if (innermost.Length > 0)
            {
                Line(2, $"innermost: {string.Join(", ", innermost)}");
            }

            Line(2, $"client: {provider.GetType().Name}");
        }

        public LadderDescription ToDescription() => new(_text.ToString().TrimEnd('\n'));

        private static string? SlowAfter(ChatCircuitBreakerOptions breaker, ChatHedgingOptions? hedging) =>
            breaker.SlowCallDuration is { } duration ? duration > TimeSpan.Zero ? Show(duration) : null
            : hedging?.StatedDelay is { } delay
                ? string.Create(CultureInfo.InvariantCulture, $"{SlowCallBound.Multiple} times the usual time (percentile {hedging.Percentile}, at least {Show(delay)})")
                : null;

        private static string Wait(ChatHedgingOptions hedging) =>
            hedging.Delay is { } delay ? Show(delay)
            : string.Create(CultureInfo.InvariantCulture, $"the usual time (percentile {hedging.Percentile}, at least {Show(hedging.MinimumDelay)}); ")
                + (hedging.InitialDelay == Timeout.InfiniteTimeSpan ? "never while that is unknown" : $"{Show(hedging.InitialDelay)} while that is unknown");

        private static string Show(TimeSpan? time) =>
            time is not { } value ? "its share"
            : value == Timeout.InfiniteTimeSpan ? "unbounded"
            : string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds} s");
    }
}
