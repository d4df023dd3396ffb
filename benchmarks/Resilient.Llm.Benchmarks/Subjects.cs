using Microsoft.Extensions.AI;
using Polly;
using Polly.CircuitBreaker;
using Polly.Fallback;
using Polly.Retry;

namespace Resilient.Llm.Benchmarks;

/// <summary>What is compared.</summary>
internal static class Subjects
{
    public static ChatMessage[] Question { get; } = [new(ChatRole.User, "What is the capital of France?")];

    public static IChatClient Ladder(Action<ResilientChatBuilder>? more = null) => Ladder(new InstantClient(), more);

    public static IChatClient Ladder(IChatClient primary, Action<ResilientChatBuilder>? more = null)
    {
        var builder = new ResilientChatBuilder()
            .AddModel("primary", primary)
            .AddModel("cheaper", new InstantClient());
        more?.Invoke(builder);
        return builder.AddLastResort().Build();
    }

    /// <summary>The same strategies by hand: fallback, deadline, retry, breaker, attempt timeout.</summary>
    public static ResiliencePipeline<ChatResponse> Polly() => new ResiliencePipelineBuilder<ChatResponse>()
        .AddFallback(new FallbackStrategyOptions<ChatResponse>
        {
            FallbackAction = static _ => Outcome.FromResultAsValueTask(new ChatResponse()),
        })
        .AddTimeout(TimeSpan.FromSeconds(100))
        .AddRetry(new RetryStrategyOptions<ChatResponse> { MaxRetryAttempts = 2 })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ChatResponse>())
        .AddTimeout(TimeSpan.FromSeconds(60))
        .Build();

    /// <summary>The same, where the fallback is the second model.</summary>
    public static ResiliencePipeline<ChatResponse> PollyFailover(IChatClient cheaper) => new ResiliencePipelineBuilder<ChatResponse>()
        .AddFallback(ToModel(cheaper))
        .AddTimeout(TimeSpan.FromSeconds(100))
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ChatResponse>
        {
            // More calls than fit into the time: the circuit stays closed.
            MinimumThroughput = int.MaxValue,
            SamplingDuration = TimeSpan.FromMilliseconds(500),
        })
        .AddTimeout(TimeSpan.FromSeconds(60))
        .Build();

    /// <summary>The same with its circuit held open.</summary>
    public static ResiliencePipeline<ChatResponse> PollyIsolated(IChatClient cheaper) => new ResiliencePipelineBuilder<ChatResponse>()
        .AddFallback(ToModel(cheaper))
        .AddTimeout(TimeSpan.FromSeconds(100))
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ChatResponse> { ManualControl = new(isIsolated: true) })
        .AddTimeout(TimeSpan.FromSeconds(60))
        .Build();

    /// <summary>Microsoft's own, experimental failover.</summary>
    public static IChatClient OrderedFailover(params IChatClient[] clients) => new OrderedFailoverChatClient(clients);

    private static FallbackStrategyOptions<ChatResponse> ToModel(IChatClient cheaper) => new()
    {
        FallbackAction = async arguments => Outcome.FromResult(
            await cheaper.GetResponseAsync(Question, null, arguments.Context.CancellationToken).ConfigureAwait(false)),
    };
}
