using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Judging;
using Resilient.Llm.Requests;
using Resilient.Llm.Retries;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Retries an endpoint after transient server and network failures, with backoff, jitter and a budget.</summary>
/// <remarks>
/// <para>
/// A wait must fit the time left. Availability is checked before and after it, and the retry budget
/// (<see cref="ChatRetryOptions.BudgetRatio"/>) limits retries. A timeout is not retried; a rate limit only if the provider asks for a
/// short wait and no later model could take over. A stream is retried only before its first content.
/// </para>
/// <para>Switch off the retries of the provider's own SDK: they multiply with these. Thread-safe.</para>
/// </remarks>
public sealed class RetryChatClient : DelegatingChatClient, IOutcomeChatClient, IAvailability
{
    private readonly IOutcomeChatClient _next;
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
        : this(AnswerJudgeChatClient.Over(innerClient, classifier), Checked(options), classifier, timeProvider, randomizer, ChatEvents.None)
    {
    }

    /// <summary>Wraps a client, with options that are valid and that nothing else can change.</summary>
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
        _next = OutcomeChatClient.Of(innerClient);
        _timeProvider = timeProvider ?? TimeProvider.System;
        _inner = AvailabilityOf.Client(innerClient);
        _policy = new(
            options,
            classifier ?? ChatFailureClassifier.Default,
            _inner,
            _timeProvider,
            randomizer ?? Randomness.Default,
            events,
            extraCalls);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        this.GetResponseOrThrowAsync(messages, options, cancellationToken);

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var context = RequestContext.Ensure(ref options, out var own, _timeProvider, isStreaming: false, cancellationToken);
        messages = MessageList.Of(messages);
        _policy.CountCall(context);
        var first = _next.TryGetResponseAsync(messages, options, cancellationToken);
        if (!first.HasEnded)
        {
            return AwaitAsync(first, messages, own, context, cancellationToken);
        }

        var outcome = first.Outcome;
        return MayRetry(outcome, own, context, cancellationToken)
            ? AwaitAsync(new(outcome), messages, own, context, cancellationToken)
            : outcome;
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

    void IAvailability.OpenForRefusals() => _inner?.OpenForRefusals();

    private static ChatRetryOptions Checked(ChatRetryOptions? options)
    {
        options = options?.Copy() ?? new();
        options.Validate(nameof(RetryChatClient));
        return options;
    }

    private bool MayRetry(
        in CallOutcome outcome, ResilientChatOptions options, RequestContext context, CancellationToken cancellationToken) =>
        outcome.Failure is { } failure && !cancellationToken.IsCancellationRequested && _policy.MayRetry(failure, options, context);

    private async Task<CallOutcome> AwaitAsync(
        OutcomeTask first,
        IEnumerable<ChatMessage> messages,
        ResilientChatOptions options,
        RequestContext context,
        CancellationToken cancellationToken)
    {
        var outcome = await first.ConfigureAwait(false);
        if (!MayRetry(outcome, options, context, cancellationToken))
        {
            return outcome;
        }

        var call = new RetriedCall(_next, messages, options, cancellationToken);
        var failure = await _policy
            .RetryAsync(static call => call.TryAsync(), call, outcome.Failure!, options, context, alreadyMade: 0, cancellationToken)
            .ConfigureAwait(false);
        return failure is null ? call.Outcome : new(failure);
    }

    /// <summary>A plain call, repeated for each retry.</summary>
    private sealed class RetriedCall(
        IOutcomeChatClient client, IEnumerable<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken)
    {
        public CallOutcome Outcome { get; private set; }

        public async ValueTask<AttemptFailure?> TryAsync()
        {
            Outcome = await client.TryGetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
            return Outcome.Failure;
        }
    }
}
