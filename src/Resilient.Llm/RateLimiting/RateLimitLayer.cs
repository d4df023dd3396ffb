using System.Globalization;
using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.RateLimiting;

/// <summary>The rate limit, where one is set.</summary>
internal sealed class RateLimitLayer() : ConfiguredLayer<ChatRateLimitOptions>("RateLimit")
{
    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatRateLimitOptions>> change)
    {
        reader.Whole(nameof(ChatRateLimitOptions.MaxConcurrentCalls), value => change(o => o.MaxConcurrentCalls = value));
        reader.Whole(nameof(ChatRateLimitOptions.RequestsPerMinute), value => change(o => o.RequestsPerMinute = value));
        reader.Whole(nameof(ChatRateLimitOptions.TokensPerMinute), value => change(o => o.TokensPerMinute = value));
        reader.Time(nameof(ChatRateLimitOptions.Burst), value => change(o => o.Burst = value));
        reader.Time(nameof(ChatRateLimitOptions.MaxWait), value => change(o => o.MaxWait = value));
    }

    protected override void ValidateOptions(ChatRateLimitOptions options, string owner) => options.Validate(owner);

    protected override LayeredClient Wrap(IChatClient client, ChatRateLimitOptions options, EndpointParts parts) => options.HasLimits
        ? new(
            new RateLimitChatClient(client, options, parts.TimeProvider),
            $"rate limit: {Limit(options.MaxConcurrentCalls)} at once, {Limit(options.RequestsPerMinute)} requests "
            + $"and {Limit(options.TokensPerMinute)} tokens a minute")
        : new(client);

    private static string Limit(int? limit) => limit?.ToString(CultureInfo.InvariantCulture) ?? "any";
}
