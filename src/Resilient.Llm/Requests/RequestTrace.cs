using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>What one request knows about itself while it goes down the ladder. Shared by all its attempts.</summary>
/// <remarks>Written by one attempt at a time; attempts of one request never overlap.</remarks>
internal sealed class RequestTrace(TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
{
    private AttemptReport[] _attempts = [];
    private int _attemptCount;

    public TimeProvider TimeProvider { get; } = timeProvider;

    /// <summary>The caller's own token: alone this one means that the caller cancelled.</summary>
    public CancellationToken CallerToken { get; } = callerToken;

    public bool IsStreaming { get; } = isStreaming;

    public long StartedAt { get; } = timeProvider.GetTimestamp();

    /// <summary>Timestamp of the deadline; <see cref="long.MaxValue"/>: none.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>Where the request's data may go: policy and request intersected.</summary>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <summary>A probe permit reserved on the way down and not yet consumed by its breaker.</summary>
    public IReservation? Reservation { get; set; }

    /// <summary>Whether the caller asked for less time than the ladder is configured for: then a timeout says little about the endpoint.</summary>
    public bool IsShortened { get; set; }

    private long AttemptStartedAt { get; set; } = timeProvider.GetTimestamp();

    public AnswerSource Source { get; set; }

    public string? ServedBy { get; set; }

    public EndpointIdentity? Endpoint { get; set; }

    public bool IsDegraded { get; set; }

    public TimeSpan? AnswerAge { get; set; }

    /// <summary>What makes this question the same as another; null where nothing looks for stored answers, or where the request cannot be cached.</summary>
    public AnswerKey? AnswerKey { get; set; }

    public TimeSpan Elapsed => TimeProvider.GetElapsedTime(StartedAt);

    public bool IsCancelledByCaller => CallerToken.IsCancellationRequested;

    /// <summary>The trace that travels with <paramref name="options"/>; where none does (a decorator used alone), options with a new one.</summary>
    public static RequestTrace Ensure(
        ref ChatOptions? options, out ResilientChatOptions own, TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
    {
        if (options is ResilientChatOptions { Trace: { } trace } traced)
        {
            own = traced;
            return trace;
        }

        trace = new(timeProvider, isStreaming, callerToken);
        options = own = new(options) { Trace = trace, Attempt = AttemptPlan.Alone };
        trace.Residency = own.Residency ?? DataResidency.Anywhere;
        if (own.AnswerWithin is { } within && within != Timeout.InfiniteTimeSpan)
        {
            trace.Deadline = timeProvider.TimestampIn(within);
        }

        return trace;
    }

    public void BeginAttempt() => AttemptStartedAt = TimeProvider.GetTimestamp();

    /// <summary>Notes how the attempt in progress ended; null: with an answer.</summary>
    public void EndAttempt(string candidate, EndpointIdentity? endpoint, FailureKind? failure) => Add(new()
    {
        Candidate = candidate,
        Endpoint = endpoint?.Endpoint,
        Failure = failure,
        Duration = TimeProvider.GetElapsedTime(AttemptStartedAt),
    });

    /// <summary>Takes back the last <see cref="EndAttempt"/>: the attempt will be noted again.</summary>
    public void ForgetLastAttempt() => _attemptCount--;

    public void ReleaseReservation()
    {
        Reservation?.Release();
        Reservation = null;
    }

    /// <summary>The trace of a call that several requests wait for: bound like this one, but cancelled only by <paramref name="callerToken"/>.</summary>
    public RequestTrace ForSharedCall(CancellationToken callerToken) => new(TimeProvider, IsStreaming, callerToken)
    {
        Deadline = Deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
    };

    /// <summary>Takes over from a shared call how it was answered, and what was tried.</summary>
    public void Adopt(RequestTrace shared)
    {
        Source = shared.Source;
        ServedBy = shared.ServedBy;
        Endpoint = shared.Endpoint;
        IsDegraded = shared.IsDegraded;
        AnswerAge = shared.AnswerAge;
        for (var i = 0; i < shared._attemptCount; i++)
        {
            Add(shared._attempts[i]);
        }
    }

    public void Add(AttemptReport attempt)
    {
        if (_attemptCount == _attempts.Length)
        {
            Array.Resize(ref _attempts, _attemptCount == 0 ? 1 : _attemptCount * 2);
        }

        _attempts[_attemptCount++] = attempt;
    }

    public ResilienceReport ToReport(bool withAttempts) => new()
    {
        Source = Source,
        ServedBy = ServedBy,
        Endpoint = Endpoint?.Endpoint,
        Region = Endpoint?.Region,
        Geography = Endpoint?.Geography,
        IsDegraded = IsDegraded,
        Elapsed = Elapsed,
        AnswerAge = AnswerAge,
        Attempts = !withAttempts || _attemptCount == 0 ? [] : _attempts.Length == _attemptCount ? _attempts : _attempts[.._attemptCount],
    };
}
