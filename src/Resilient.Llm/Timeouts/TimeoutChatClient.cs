using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Timeouts;
using Resilient.Llm.Utilities;

namespace Resilient.Llm;

/// <summary>Limits the time of one attempt, even for a client that ignores its cancellation token.</summary>
/// <remarks>
/// <para>
/// At the timeout or the caller's cancellation, the inner call is cancelled and abandoned. The caller gets its exception at once; a late
/// result is discarded and a late exception observed. A client that blocks the calling thread cannot be abandoned.
/// </para>
/// <para>In a ladder only this layer enforces time: the layers above pass their deadlines down as timestamps. Thread-safe.</para>
/// </remarks>
public sealed class TimeoutChatClient : DelegatingChatClient, IOutcomeChatClient
{
    private readonly IOutcomeChatClient _next;
    private readonly ChatTimeoutOptions _options;
    private readonly TimeProvider _timeProvider;

    /// <summary>Wraps a client.</summary>
    /// <param name="innerClient">The client to bound.</param>
    /// <param name="options">The bounds; null for the defaults. Copied.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="ArgumentException">A time is zero or negative.</exception>
    public TimeoutChatClient(IChatClient innerClient, ChatTimeoutOptions? options = null, TimeProvider? timeProvider = null)
        : base(innerClient)
    {
        _next = OutcomeChatClient.Of(innerClient);
        _options = options?.Copy() ?? new();
        _options.Validate(nameof(TimeoutChatClient));
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        this.GetResponseOrThrowAsync(messages, options, cancellationToken);

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(CallOutcome.Cancelled(cancellationToken));
        }

        var due = AttemptDeadline.Of(options, _options.AttemptTimeout, _timeProvider);

        // Not pooled and never disposed: the inner client may keep the token for longer than the call.
        var source = new CancellationTokenSource();
        var call = _next.TryGetResponseAsync(messages, options, source.Token);
        return call.HasEnded ? new(AsSeenBy(call.Outcome, cancellationToken))
            : due == long.MaxValue && !cancellationToken.CanBeCanceled ? call
            : RaceAsync(call.AsTask(), due, source, cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) => ((TimeoutChatClient)request.Client).Start(request, token));

    private TimedStream Start(StreamRequest request, CancellationToken ofEnumeration) =>
        new(InnerClient, request, _options, _timeProvider, ofEnumeration);

    private static CallOutcome AsSeenBy(CallOutcome outcome, CancellationToken callerToken) =>
        outcome.Failure is { Exception: OperationCanceledException cancelled }
        && DetachedWork.AsSeenBy(cancelled, callerToken) is var seen
        && seen != cancelled
            ? new(seen)
            : outcome;

    private async Task<CallOutcome> RaceAsync(
        Task<CallOutcome> call, long due, CancellationTokenSource source, CancellationToken callerToken)
    {
        var left = _timeProvider.TimeUntil(due);
        if (!call.IsCompleted && left != TimeSpan.Zero)
        {
            // Not Task.WaitAsync, which releases its timer only after the continuation has run.
            var cut = new TaskCompletionSource();
            using var timer = due == long.MaxValue
                ? null
                : _timeProvider.CreateTimer(static cut => ((TaskCompletionSource)cut!).TrySetResult(), cut, left, Timeout.InfiniteTimeSpan);
            var registration = callerToken.UnsafeRegister(static cut => ((TaskCompletionSource)cut!).TrySetResult(), cut);
            await Task.WhenAny(call, cut.Task).ConfigureAwait(false);
            registration.Unregister();
        }

        if (call.IsCompleted)
        {
            // Also where the call ended while the timer was firing: an answer takes precedence over a timeout.
            return AsSeenBy(await call.ConfigureAwait(false), callerToken);
        }

        DetachedWork.Cancel(source, _timeProvider);
        DetachedWork.Observe(call);
        return callerToken.IsCancellationRequested
            ? new(new OperationCanceledException(callerToken))
            : new(new TimeoutException("No answer in time: the attempt was cut off."));
    }
}
