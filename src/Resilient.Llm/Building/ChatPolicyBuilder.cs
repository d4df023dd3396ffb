using Microsoft.Extensions.AI;
using Polly;
using Resilient.Llm.Building;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Pipelines;

namespace Resilient.Llm;

/// <summary>
/// The policies of a ladder, a model or an endpoint. Each level inherits the settings of the level above and changes them.
/// </summary>
/// <typeparam name="TSelf">The builder itself, for chaining.</typeparam>
/// <remarks>Settings are inherited, state never is: every endpoint has its own circuit, limiter and budget. Not thread-safe.</remarks>
public abstract class ChatPolicyBuilder<TSelf>
    where TSelf : ChatPolicyBuilder<TSelf>
{
    private protected ChatPolicyBuilder()
    {
    }

    internal PolicyChanges Policies { get; } = new();

    /// <summary>Sets how long an attempt may take.</summary>
    /// <param name="configure">Changes the inherited settings.</param>
    public TSelf WithTimeouts(Action<ChatTimeoutOptions> configure) => Change(configure);

    /// <summary>Sets how often and how fast an endpoint is asked again.</summary>
    /// <param name="configure">Changes the inherited settings.</param>
    public TSelf WithRetries(Action<ChatRetryOptions> configure) => Change(configure);

    /// <summary>Sets how often an endpoint is asked again.</summary>
    /// <param name="maxRetries">The most retries of one question. Range: 0 (none) to 10.</param>
    public TSelf WithRetries(int maxRetries) => WithRetries(options => options.MaxRetries = maxRetries);

    /// <summary>Sets when an endpoint's circuit opens, for how long, and what closes it.</summary>
    /// <param name="configure">Changes the inherited settings.</param>
    public TSelf WithCircuitBreaker(Action<ChatCircuitBreakerOptions> configure) => Change(configure);

    /// <summary>Opens an endpoint's circuit after a number of failures within a time, whatever else succeeded.</summary>
    /// <param name="failures">For example 5.</param>
    /// <param name="within">For example 10 seconds.</param>
    /// <param name="breakFor">How long it stays open at first; null keeps the inherited time.</param>
    public TSelf WithCircuitBreaker(int failures, TimeSpan within, TimeSpan? breakFor = null) =>
        WithCircuitBreaker(options => options.CountOnly(failures, within, breakFor));

    /// <summary>
    /// Asks the next model too when this one is slow to show the first content of a stream, or to answer a plain call. The first content
    /// wins. Off by default.
    /// </summary>
    /// <remarks>
    /// A hedge is taken from the slow endpoint's budget (see <see cref="ChatRetryOptions.BudgetRatio"/>). It never goes to an endpoint that
    /// is being probed, nor below the models.
    /// </remarks>
    /// <param name="delay">
    /// The wait before the hedge, for example 500 milliseconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/> for none.
    /// </param>
    public TSelf WithHedging(TimeSpan delay) => WithHedging(options => options.Delay = delay);

    /// <inheritdoc cref="WithHedging(TimeSpan)"/>
    /// <param name="configure">Changes the inherited settings.</param>
    public TSelf WithHedging(Action<ChatHedgingOptions> configure) => Change(configure);

    /// <summary>Bounds the calls in progress, and the requests and tokens per minute. Off by default.</summary>
    /// <param name="configure">Changes the inherited settings.</param>
    public TSelf WithRateLimit(Action<ChatRateLimitOptions> configure) => Change(configure);

    /// <summary>
    /// Overrides rows of the failure table: how exceptions are read, what follows from a kind, which answers are refused.
    /// </summary>
    /// <param name="configure">Changes the inherited settings.</param>
    public TSelf WithFailures(Action<ChatFailureOptions> configure) => Change(configure);

    /// <summary>
    /// Runs every call through a Polly pipeline, inside this library's timeout. Pipelines of the ladder run around those of the model.
    /// </summary>
    /// <param name="pipeline">
    /// The pipeline. Never disposed. A pipeline of the ladder is shared by all models, with its state (circuit breaker, limiter).
    /// </param>
    public TSelf WithPipeline(ResiliencePipeline pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return Change<OwnPipelines>(own => own.All.Add(pipeline));
    }

    /// <summary>
    /// Adds a client where calls leave the ladder: inside every policy and every <c>Use</c>, outside the endpoint's guard only. It is told
    /// which endpoint it is for.
    /// </summary>
    /// <remarks>
    /// For code that must see exactly the outgoing calls, or answer in the provider's place: fault injection, recording. It stays above the
    /// guard, which removes the request's private options and keeps bound data within its residency. Clients of the ladder stand around
    /// those of the model, and these around those of the endpoint; on one level the first one added is outermost.
    /// </remarks>
    /// <param name="decorate">
    /// Wraps the client, or returns it unchanged. It must pass on the options it is given, or a copy made with <c>Clone()</c>. Called once
    /// for each endpoint when the ladder is built.
    /// </param>
    public TSelf UseInnermost(Func<IChatClient, ChatEndpointInfo, IServiceProvider, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Change<InnermostClients>(own => own.All.Add(decorate));
    }

    private protected TSelf Change<TOptions>(Action<TOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Policies.Add(configure);
        return (TSelf)this;
    }
}
