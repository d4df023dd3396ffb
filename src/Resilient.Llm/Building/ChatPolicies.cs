using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Building;

/// <summary>What was said about one level, in the order in which it was said.</summary>
internal sealed class ChatPolicies
{
    public List<Action<ChatTimeoutOptions>> Timeouts { get; } = [];

    public List<Action<ChatRetryOptions>> Retries { get; } = [];

    public List<Action<ChatCircuitBreakerOptions>> CircuitBreaker { get; } = [];

    public List<Action<ChatHedgingOptions>> Hedging { get; } = [];

    public List<Action<ChatRateLimitOptions>> RateLimit { get; } = [];

    public List<Action<ChatFailureOptions>> Failures { get; } = [];

    public List<ResiliencePipeline> Pipelines { get; } = [];

    public List<Func<IChatClient, IServiceProvider, IChatClient>> Clients { get; } = [];

    public List<Func<IChatClient, ChatEndpointInfo, IServiceProvider, IChatClient>> Innermost { get; } = [];

    /// <summary>Fresh options with everything said on the way down to a level, outermost first.</summary>
    public static TOptions Resolve<TOptions>(IEnumerable<ChatPolicies> levels, Func<ChatPolicies, List<Action<TOptions>>> select)
        where TOptions : new()
    {
        var options = new TOptions();
        foreach (var configure in levels.SelectMany(select))
        {
            configure(options);
        }

        return options;
    }
}
