using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Judging;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Calls its inner client only while the endpoint's circuit allows it, and records how the calls end.</summary>
/// <remarks>
/// <para>
/// Refuses with Polly's <see cref="BrokenCircuitException"/> (<see cref="IsolatedCircuitException"/> when isolated by hand), or with a
/// <see cref="ChatCallRejectedException"/> during a cooldown. In a ladder availability is checked first, so no exception is thrown.
/// </para>
/// <para>
/// A caller's cancellation is neutral, or a failure after <see cref="ChatCircuitBreakerOptions.CancelledCallThreshold"/> of silence.
/// A stream counts as a call with its first content; its end adds a failure or nothing; an abandoned stream is neutral. Calls slower than
/// <see cref="ChatCircuitBreakerOptions.SlowCallDuration"/>, or the bound that hedging implies, open the circuit while still pending.
/// Thread-safe.
/// </para>
/// </remarks>
public sealed partial class CircuitBreakerChatClient : DelegatingChatClient, IOutcomeChatClient, IAvailability
{
    private readonly IOutcomeChatClient _next;
    private readonly ChatFailureClassifier _classifier;
    private readonly TimeProvider _timeProvider;
    private readonly IAvailability? _inner;
    private readonly EndpointLatency? _latency;
    private readonly RegionSwitch? _region;
    private readonly EndpointTraffic? _traffic;

    /// <summary>Wraps a client.</summary>
    /// <param name="innerClient">The client to protect.</param>
    /// <param name="options">When the circuit opens and for how long; null for the defaults. Copied.</param>
    /// <param name="classifier">Which failures count; null for the built-in failure table.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="randomizer">Jitter: numbers from 0 up to 1; null for the system's. Must be thread-safe.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public CircuitBreakerChatClient(
        IChatClient innerClient,
        ChatCircuitBreakerOptions? options = null,
        ChatFailureClassifier? classifier = null,
        TimeProvider? timeProvider = null,
        Func<double>? randomizer = null)
        : this(
            AnswerJudgeChatClient.Over(innerClient, classifier),
            new CircuitBreaker(options, timeProvider, randomizer),
            classifier,
            timeProvider)
    {
    }

    internal CircuitBreakerChatClient(
        IChatClient innerClient,
        CircuitBreaker breaker,
        ChatFailureClassifier? classifier,
        TimeProvider? timeProvider,
        EndpointLatency? latency = null,
        RegionSwitch? region = null,
        EndpointTraffic? traffic = null)
        : base(innerClient)
    {
        _next = OutcomeChatClient.Of(innerClient);
        Breaker = breaker;
        _classifier = classifier ?? ChatFailureClassifier.Default;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _inner = AvailabilityOf.Client(innerClient);
        _latency = latency;
        _region = region;
        _traffic = traffic;
    }

    /// <summary>Gets the circuit: read it, isolate it, reset it.</summary>
    public CircuitBreaker Breaker { get; }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        this.GetResponseOrThrowAsync(messages, options, cancellationToken);

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var context = RequestContext.Ensure(ref options, out var own, _timeProvider, isStreaming: false, cancellationToken);
        if (!TryEnter(context, own, out var permit))
        {
            return new(new CallOutcome(Refusal()));
        }

        OutcomeTask call;
        try
        {
            call = _next.TryGetResponseAsync(messages, options, cancellationToken);
        }
        catch (Exception exception)
        {
            // The permit must be returned in any case.
            call = new(new CallOutcome(exception));
        }

        if (call.HasEnded)
        {
            var outcome = call.Outcome;
            if (outcome.Failure is null)
            {
                Breaker.Record(permit, CircuitOutcome.Success, context.Attempts.NoteEndMoment(_timeProvider));
                return new(outcome);
            }

            return new(Ended(outcome, permit, _timeProvider.GetTimestamp(), own, context));
        }

        var startedAt = _timeProvider.GetTimestamp();
        Breaker.Watch(ref permit, startedAt, isStreaming: false);
        return AwaitAsync(call, permit, startedAt, own, context);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) => ((CircuitBreakerChatClient)request.Client).Start(request, token));

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(CircuitBreaker) ? Breaker
        : serviceKey is null && serviceType == typeof(IAvailability) ? this
        : base.GetService(serviceType, serviceKey);

    Availability IAvailability.Check()
    {
        var own = Breaker.Check();
        var whole = _inner is null ? own : own.And(_inner.Check());
        return _region is null ? whole : _region.Of(whole);
    }

    bool IAvailability.TryReserve(RequestContext context)
    {
        context.ReleaseReservation();
        if (!Breaker.TryReserve(out var reservation))
        {
            return false;
        }

        context.Reservation = reservation;
        return true;
    }

    void IAvailability.OpenForRefusals() => Breaker.OpenForRefusals();

    /// <summary>Lets a call in, if operator and circuit allow it. A drained region admits calls that the ladder sends there.</summary>
    internal bool TryEnter(RequestContext context, ResilientChatOptions options, out CircuitPermit permit)
    {
        permit = default;
        if (_traffic is not null && !context.IsProbe)
        {
            _traffic.NoteCall(context.Attempts.StartedAt);
        }

        return _region?.State != ChatRegionState.Isolated && Breaker.TryEnter(context.Reservation, options.Attempt.TakesSlow, out permit);
    }

    internal Exception Refusal()
    {
        if (_region?.State == ChatRegionState.Isolated)
        {
            return new IsolatedCircuitException("The endpoint's region was isolated by hand: nothing is sent there until it is restored.");
        }

        if (Breaker.State == CircuitState.Isolated)
        {
            return new IsolatedCircuitException("The circuit was isolated by hand: the endpoint is out of service until it is reset.");
        }

        var availability = Breaker.Check();
        var reopensIn = availability.ReopensIn;
        return availability.Refusal == FailureKind.Rejected
            ? new ChatCallRejectedException("The provider asked for a pause (Retry-After): the endpoint is not called until it is over.")
            {
                RetryAfter = reopensIn,
            }
            : reopensIn is { } rest
                ? new BrokenCircuitException(availability.IsSlow
                    ? "The circuit is open because the endpoint is slow: it is not called until its break is over."
                    : "The circuit is open: the endpoint is not called until its break is over.", rest)
                : new BrokenCircuitException("The circuit is half-open and its probe is out.");
    }

    private CircuitStream Start(StreamRequest request, CancellationToken ofEnumeration) =>
        new(this, InnerClient, _timeProvider, request, ofEnumeration);

    private async Task<CallOutcome> AwaitAsync(
        OutcomeTask call, CircuitPermit permit, long startedAt, ResilientChatOptions options, RequestContext context)
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

        return Ended(outcome, permit, startedAt, options, context);
    }

    private CallOutcome Ended(
        CallOutcome outcome, in CircuitPermit permit, long startedAt, ResilientChatOptions options, RequestContext context)
    {
        if (outcome.Failure is { } failure)
        {
            RecordFailure(permit, failure, _timeProvider.GetElapsedTime(startedAt), options, context);
            return outcome;
        }

        var now = context.Attempts.NoteEndMoment(_timeProvider);
        Breaker.Record(permit, CircuitOutcome.Success, now);
        if (_latency is not null || ChatMetrics.TimeToFirstContent.Enabled)
        {
            NoteContent(permit, context, startedAt, now, options.Attempt.Endpoint);
        }

        return outcome;
    }
}
