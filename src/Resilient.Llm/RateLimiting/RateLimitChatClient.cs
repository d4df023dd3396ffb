using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Endpoints;
using Resilient.Llm.RateLimiting;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;

namespace Resilient.Llm;

/// <summary>Keeps the calls to one endpoint within its limits: concurrent calls, requests per minute, tokens per minute.</summary>
/// <remarks>
/// <para>
/// A call over a limit is refused, or waits for its turn if <see cref="ChatRateLimitOptions.MaxWait"/> allows it. A refusal throws a
/// <see cref="ChatCallRejectedException"/>; a ladder skips the endpoint before the call, without an exception.
/// </para>
/// <para>
/// A call is in progress until its answer arrives; a stream until it ends, fails or is disposed, so dispose enumerators. Waiting calls are
/// released in order of arrival.
/// </para>
/// <para>Thread-safe. Disposing it disposes the inner client.</para>
/// </remarks>
public sealed class RateLimitChatClient : DelegatingChatClient, IOutcomeChatClient, IAvailability
{
    private readonly IOutcomeChatClient _next;
    private readonly TimeProvider _timeProvider;
    private readonly CallLimiter? _limiter;
    private readonly IAvailability? _innerAvailability;
    private readonly Func<IReadOnlyList<ChatMessage>, ChatOptions?, int>? _estimateTokens;
    private int _isDisposed;

    /// <summary>Limits the calls to a client.</summary>
    /// <param name="innerClient">The client to protect.</param>
    /// <param name="options">The limits, copied. Null: no limits.</param>
    /// <param name="timeProvider">The clock; null: the system's.</param>
    /// <exception cref="ArgumentException">A value of <paramref name="options"/> is out of range.</exception>
    public RateLimitChatClient(IChatClient innerClient, ChatRateLimitOptions? options = null, TimeProvider? timeProvider = null)
        : base(innerClient)
    {
        _next = OutcomeChatClient.Of(innerClient);
        options ??= new();
        options.Validate();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _limiter = options.HasLimits ? new(options, _timeProvider) : null;
        _estimateTokens = options.TokensPerMinute is null ? null : options.EstimateTokens ?? TokenCount.Estimate;
        _innerAvailability = innerClient as IAvailability ?? innerClient.GetService(typeof(IAvailability)) as IAvailability;
    }

    internal CallLimiter? Limiter => _limiter;

    internal IChatClient Inner => InnerClient;

    /// <summary>Whether token usage is counted.</summary>
    internal bool CountsTokens => _estimateTokens is not null;

    /// <inheritdoc/>
    /// <exception cref="ChatCallRejectedException">Over a limit, and no turn in time.</exception>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this.GetResponseOrThrowAsync(messages, options, cancellationToken);
    }

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (_limiter is null)
        {
            return _next.TryGetResponseAsync(messages, options, cancellationToken);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new(CallOutcome.Cancelled(cancellationToken));
        }

        var tokens = Estimate(ref messages, options);
        var ticket = _limiter.Enter(tokens, DeadlineOf(options));
        return ticket switch
        {
            { IsAdmitted: true } => CallAsync(messages, options, tokens, cancellationToken),
            { Waiter: { } waiter } => WaitThenCallAsync(waiter, messages, options, cancellationToken),
            _ => new(new CallOutcome(Rejection(options, ticket.RetryAfter))),
        };
    }

    /// <inheritdoc/>
    /// <remarks>The limits apply at the first read of each enumeration, which also throws a refusal.</remarks>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return _limiter is null
            ? InnerClient.GetStreamingResponseAsync(messages, options, cancellationToken)
            : new DeferredStream<StreamRequest>(
                new(this, messages, options, cancellationToken),
                static (request, token) => new RateLimitedStream((RateLimitChatClient)request.Client, request, token));
    }

    Availability IAvailability.Check()
    {
        var own = _limiter?.Check() ?? Availability.Open;
        return own.IsAvailable && _innerAvailability is not null ? own.And(_innerAvailability.Check()) : own;
    }

    bool IAvailability.TryReserve(RequestContext context) => _innerAvailability?.TryReserve(context) ?? true;

    /// <summary>The tokens to charge. A sequence that may be enumerable only once is replaced by a list.</summary>
    internal int Estimate(ref IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        if (_estimateTokens is null)
        {
            return 0;
        }

        var list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        messages = list;
        return Math.Max(0, _estimateTokens(list, options));
    }

    /// <summary>Waits until the call is admitted. A refusal or a cancellation throws and is not charged.</summary>
    internal async Task WaitForTurnAsync(QueuedCall waiter, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (!await waiter.WaitAsync(_timeProvider, cancellationToken).ConfigureAwait(false))
        {
            throw Rejection(options, _limiter!.Check().ReopensIn);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            _limiter!.Leave(waiter.Tokens, CallEnd.NotSent);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The deadline of the attempt. Options that an application created have none.</summary>
    internal static long DeadlineOf(ChatOptions? options) =>
        DerivedOptions.Find(options) is { Context: not null } own ? own.Attempt.Deadline : long.MaxValue;

    internal static ChatCallRejectedException Rejection(ChatOptions? options, TimeSpan? retryAfter)
    {
        var endpoint = DerivedOptions.Find(options)?.Attempt.Endpoint?.DisplayName;
        return new($"Not sent{(endpoint is null ? string.Empty : $" to '{endpoint}'")}: our own rate limit is reached. " +
            "Raise the limits of ChatRateLimitOptions if the provider allows more, or set MaxWait to queue calls instead.")
        { RetryAfter = retryAfter };
    }

    /// <summary>The usage of a failed call. One that another layer refused never reached the provider.</summary>
    internal static CallEnd EndOf(Exception exception) =>
        exception is ChatCallRejectedException or BrokenCircuitException ? CallEnd.NotSent : CallEnd.Unknown;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _limiter?.Dispose();
            base.Dispose(disposing);
        }
    }

    private async Task<CallOutcome> WaitThenCallAsync(
        QueuedCall waiter, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            await WaitForTurnAsync(waiter, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            return new(exception);
        }

        return await CallAsync(messages, options, waiter.Tokens, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes an admitted call. A synchronous answer allocates no state machine.</summary>
    private OutcomeTask CallAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, int tokens, CancellationToken cancellationToken)
    {
        OutcomeTask call;
        try
        {
            call = _next.TryGetResponseAsync(messages, options, cancellationToken);
        }
        catch (Exception exception)
        {
            // The slot must be returned in any case.
            call = new(new CallOutcome(exception));
        }

        return call.HasEnded ? Ended(call.Outcome, tokens) : AwaitCallAsync(call, tokens);
    }

    private async Task<CallOutcome> AwaitCallAsync(OutcomeTask call, int tokens)
    {
        CallOutcome outcome;
        try
        {
            outcome = await call.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            outcome = new(exception);
        }

        return Ended(outcome, tokens);
    }

    private CallOutcome Ended(CallOutcome outcome, int tokens)
    {
        _limiter!.Leave(tokens, outcome.Failure is { } failure ? EndOf(failure.Exception) : EndOf(outcome.Response));
        return outcome;
    }

    // Null from a client that breaks its contract: its slot must be returned all the same.
    private CallEnd EndOf(ChatResponse? response) => CountsTokens ? new(WasSent: true, TokenCount.Total(response?.Usage)) : CallEnd.Unknown;
}
