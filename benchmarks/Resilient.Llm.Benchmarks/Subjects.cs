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

    public static IChatClient Ladder(Action<ResilientChatBuilder>? more = null)
    {
        var builder = new ResilientChatBuilder()
            .AddModel("primary", new InstantClient())
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
}
