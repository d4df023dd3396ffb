using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Retries;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Asks the same endpoint again after failures that may pass: server errors and network failures, with backoff, jitter and a budget.</summary>
/// <remarks>
/// <para>
/// A wait must fit the time left, availability is asked before sleeping and again on waking, and retries together may add only a small share of
/// extra calls (<see cref="ChatRetryOptions.BudgetRatio"/>). An attempt that timed out is not retried; a rate limit only if the provider asks for
/// a short wait and no later model could take over. A stream is retried only before its first content.
/// </para>
/// <para>Switch the retries of the provider's own SDK off: they multiply with these. Thread-safe.</para>
/// </remarks>
public sealed class RetryChatClient : DelegatingChatClient, IAvailability
{
    private readonly RetryPolicy _policy;
    private readonly TimeProvider _timeProvider;
    private readonly IAvailability? _inner;

    /// <summary>Wraps a client.</summary>
    /// <param name="innerClient">The client to retry.</param>
    /// <param name="options">How often and how fast; null for the defaults. Copied.</param>
    /// <param name="classifier">What may be retried; null for the built-in failure table.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="randomizer">Jitter: numbers from 0 up to 1; null for the system's. Must be thread-safe.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RetryChatClient(
        IChatClient innerClient,
        ChatRetryOptions? options = null,
        ChatFailureClassifier? classifier = null,
        TimeProvider? timeProvider = null,
        Func<double>? randomizer = null)
        : this(AnswerJudgeChatClient.Over(innerClient, classifier), options ?? new(), classifier, timeProvider, randomizer, ChatEvents.None)
    {
    }

    internal RetryChatClient(
        IChatClient innerClient,
        ChatRetryOptions options,
        ChatFailureClassifier? classifier,
        TimeProvider? timeProvider,
        Func<double>? randomizer,
        ChatEvents events,
        RetryBudget? extraCalls = null)
        : base(innerClient)
    {
        options.Validate(nameof(RetryChatClient));
        _timeProvider = timeProvider ?? TimeProvider.System;
        _inner = AvailabilityOf.Client(innerClient);
        _policy = new(options.Copy(), classifier ?? ChatFailureClassifier.Default, _inner, _timeProvider, randomizer ?? Randomness.Default, events, extraCalls);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var context = RequestContext.Ensure(ref options, out var own, _timeProvider, isStreaming: false, cancellationToken);
        messages = MessageList.Of(messages);
        _policy.CountCall(context);
        var first = InnerClient.GetResponseAsync(messages, options, cancellationToken);
        return first.IsCompletedSuccessfully ? first : AwaitAsync(first, messages, own, context, cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) =>
            {
                var self = (RetryChatClient)request.Client;
                return new RetryStream(self.InnerClient, self._policy, self._timeProvider, MessageList.In(request), token);
            });

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(IAvailability) && serviceKey is null ? this : base.GetService(serviceType, serviceKey);

    Availability IAvailability.Check() => _inner?.Check() ?? Availability.Open;

    bool IAvailability.TryReserve(RequestContext context) => _inner?.TryReserve(context) ?? true;

    private async Task<ChatResponse> AwaitAsync(
        Task<ChatResponse> first, IEnumerable<ChatMessage> messages, ResilientChatOptions options, RequestContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await first.ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && _policy.MayRetry(exception, options, context))
        {
            return await _policy.RetryAsync(
                static async state => await state.Client.GetResponseAsync(state.Messages, state.Options, state.Token).ConfigureAwait(false),
                new StreamRequest(InnerClient, messages, options, cancellationToken),
                exception,
                options,
                context,
                alreadyMade: 0,
                cancellationToken).ConfigureAwait(false);
        }
    }
}
