using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Requests;

/// <summary>What binds one request on its way through the ladder, and the outcome of its attempts.</summary>
/// <remarks>Written by one attempt at a time. Overlapping attempts have their own (<see cref="ForAttempt"/>), gathered later.</remarks>
internal sealed class RequestContext
{
    private readonly RequestContext? _request;
    private AttemptLog _attempts;
    private AnswerFacts _answer;
    private ResidencyAudit? _audit;
    private bool _isOver;

    public RequestContext(TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
        : this(null, timeProvider, isStreaming, callerToken)
    {
    }

    private RequestContext(RequestContext? request, TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
    {
        _request = request;
        IsStreaming = isStreaming;
        CallerToken = callerToken;
        _attempts = new(timeProvider);
        StartedAt = _attempts.StartedAt;
    }

    public TimeProvider TimeProvider => _attempts.TimeProvider;

    /// <summary>The caller's own token: only this one means that the caller cancelled.</summary>
    public CancellationToken CallerToken { get; }

    public bool IsCancelledByCaller => CallerToken.IsCancellationRequested;

    public bool IsStreaming { get; }

    /// <summary>Whether this is a probe: no caller waits, any answer is enough, and it is not in the statistics of requests.</summary>
    public bool IsProbe { get; init; }

    public long StartedAt { get; }

    /// <summary>The time from the request to the last noted moment.</summary>
    public TimeSpan Elapsed => _attempts.ElapsedSince(StartedAt);

    /// <summary>Timestamp of the deadline; <see cref="long.MaxValue"/>: none.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>Whether the caller set a shorter deadline than the ladder: then a timeout tells little about the endpoint.</summary>
    public bool IsShortened { get; set; }

    /// <summary>Whether it continues a broken answer: stored answers and local steps cannot do that.</summary>
    public bool IsContinuation { get; set; }

    /// <summary>Whether the request has ended: options that a client keeps must not carry its deadline into another request.</summary>
    public bool IsOver
    {
        get => _isOver || _request is { IsOver: true };
        set => _isOver = value;
    }

    /// <summary>Where the request's data may go: policy and request intersected.</summary>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <summary>For the residency audit: where the request's data went, and where not.</summary>
    public ResidencyAudit Audit => _audit ??= new();

    public bool HasAudit => _audit is not null;

    /// <summary>Why the request is refused before any endpoint is asked; null if it is not.</summary>
    public DataResidencyException? Refusal => _audit?.Refusal;

    /// <summary>Identifies the question; null if nothing looks for stored answers, or the request cannot be cached.</summary>
    public AnswerKey? AnswerKey { get; set; }

    /// <summary>A probe permit reserved on the way down and not yet used by its circuit breaker.</summary>
    public IReservation? Reservation { get; set; }

    /// <summary>The last failure that a layer examined.</summary>
    public AttemptFailure? Failure { get; set; }

    /// <summary>
    /// Whether the model of the present attempt has begun to refuse in words: however the attempt ends, it is refused.
    /// </summary>
    public bool IsRefusedByModel { get; set; }

    /// <summary>The attempts so far.</summary>
    public ref AttemptLog Attempts => ref _attempts;

    /// <summary>How the request was answered.</summary>
    public ref AnswerFacts Answer => ref _answer;

    /// <summary>The context in <paramref name="options"/>; if there is none (a decorator used alone), options with a new one.</summary>
    public static RequestContext Ensure(
        ref ChatOptions? options, out ResilientChatOptions own, TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
    {
        if (options is ResilientChatOptions { Context: { } context } known)
        {
            own = known;
            return context;
        }

        if (DerivedOptions.SettingsOf(options)?.Context is { } beside)
        {
            options = own = new(options);
            return beside;
        }

        context = new(timeProvider, isStreaming, callerToken);
        options = own = new(options) { Context = context, Attempt = AttemptPlan.Alone };
        context.Residency = ResidencyBound.Of(own, null);
        ResidencyProperty.Take(own);
        if (own.AnswerWithin is { } within && within != Timeout.InfiniteTimeSpan)
        {
            context.SetDeadline(within);
        }

        return context;
    }

    /// <summary>The failure of an exception: classified by a layer below, or new. Streams throw, so theirs are found this way.</summary>
    public AttemptFailure FailureOf(Exception exception) =>
        Failure is { } known && ReferenceEquals(known.Exception, exception) ? known : Failure = new(exception);

    /// <summary>Begins another attempt. A client may throw the same exception again, and it may mean something else by then.</summary>
    public void BeginAttempt()
    {
        Failure = null;
        IsRefusedByModel = false;
        _attempts.Begin();
    }

    /// <summary>Sets the deadline, counted from the start of the request.</summary>
    public void SetDeadline(TimeSpan within)
    {
        var units = TimeProvider.ToTimestampUnits(within);
        Deadline = units > long.MaxValue - StartedAt ? long.MaxValue : StartedAt + units;
    }

    public void ReleaseReservation()
    {
        Reservation?.Release();
        Reservation = null;
    }

    /// <summary>The context of a shared call: bound like this one, but cancelled only by <paramref name="callerToken"/>.</summary>
    public RequestContext ForSharedCall(CancellationToken callerToken) => new(TimeProvider, IsStreaming, callerToken)
    {
        Deadline = Deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
    };

    /// <summary>The context of an attempt that others may overlap: bound like the request.</summary>
    /// <param name="deadline">Timestamp: the request's own; later for a continuation, which begins after it.</param>
    /// <param name="callerToken">Cancels this attempt: the caller's, or the ladder's when another was faster.</param>
    public RequestContext ForAttempt(long deadline, CancellationToken callerToken) => new(this, TimeProvider, IsStreaming, callerToken)
    {
        Deadline = deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
        IsContinuation = IsContinuation,
    };

    /// <summary>Notes that another call continues the answer.</summary>
    /// <remarks>Also in the outer request: an inner ladder continues long after the request has gathered its attempt.</remarks>
    public void NoteContinued()
    {
        _answer.WasContinued = true;
        if (_request is { } request)
        {
            request._answer.IsDegraded |= _answer.IsDegraded;
            request.NoteContinued();
        }
    }

    /// <summary>Takes over the answer facts and attempts of a shared call.</summary>
    public void Adopt(RequestContext shared)
    {
        var firstContent = _answer.TimeToFirstContent;
        _answer = shared._answer;
        _answer.TimeToFirstContent = firstContent;
        if (shared._audit is { } audit)
        {
            Audit.Adopt(audit);
        }

        Failure = shared.Failure;
        _attempts.Adopt(shared._attempts);
    }

    /// <summary>What the caller is told, as of the last noted moment.</summary>
    public ResilienceReport ToReport(bool withAttempts)
    {
        var attempts = withAttempts ? _attempts.Entries : ArraySegment<AttemptReport>.Empty;
        return new()
        {
            Source = _answer.Source,
            ServedBy = _answer.ServedBy,
            Endpoint = _answer.Endpoint?.Name,
            Region = _answer.Endpoint?.Region,
            Geography = _answer.Endpoint?.Geography,
            IsDegraded = _answer.IsDegraded,
            Elapsed = Elapsed,
            TimeToFirstContent = _answer.TimeToFirstContent,
            AnswerAge = _answer.Age,
            WasContinued = _answer.WasContinued,
            WasReduced = _answer.WasReduced,
            Attempts = attempts.Count == attempts.Array!.Length ? attempts.Array : [.. attempts],
        };
    }
}
