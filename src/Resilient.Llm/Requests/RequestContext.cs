using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Requests;

/// <summary>What binds one request on its way down the ladder, and what its attempts have come to.</summary>
/// <remarks>
/// Written by one attempt at a time. Attempts that overlap get a context each (<see cref="ForAttempt"/>), and the ladder gathers what
/// they wrote.
/// </remarks>
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

    /// <summary>The caller's own token: alone this one means that the caller cancelled.</summary>
    public CancellationToken CallerToken { get; }

    public bool IsCancelledByCaller => CallerToken.IsCancellationRequested;

    public bool IsStreaming { get; }

    /// <summary>
    /// Whether this is a probe: no caller waits, the endpoint only has to show that it answers. Probes are not part of the statistics of
    /// requests.
    /// </summary>
    public bool IsProbe { get; init; }

    public long StartedAt { get; }

    /// <summary>From the request to the last moment noted.</summary>
    public TimeSpan Elapsed => _attempts.ElapsedSince(StartedAt);

    /// <summary>Timestamp of the deadline; <see cref="long.MaxValue"/>: none.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>
    /// Whether the caller asked for less time than the ladder is configured for: then a timeout says little about the endpoint.
    /// </summary>
    public bool IsShortened { get; set; }

    /// <summary>
    /// Whether it asks a model to go on with an answer that broke off: nothing that is stored, and none of our own code, can do that.
    /// </summary>
    public bool IsContinuation { get; set; }

    /// <summary>
    /// Whether the request has ended. Options that outlive it, kept by some client, must not bring its deadline into another one.
    /// </summary>
    public bool IsOver
    {
        get => _isOver || _request is { IsOver: true };
        set => _isOver = value;
    }

    /// <summary>Where the request's data may go: policy and request intersected.</summary>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <summary>What the audit of its residency needs: where the request's data went, and where not.</summary>
    public ResidencyAudit Audit => _audit ??= new();

    /// <summary>Whether anything was noted there.</summary>
    public bool HasAudit => _audit is not null;

    /// <summary>Why the request is refused before any endpoint is asked; null: it is not.</summary>
    public DataResidencyException? Refusal => _audit?.Refusal;

    /// <summary>
    /// What makes this question the same as another; null where nothing looks for stored answers, or where the request cannot be cached.
    /// </summary>
    public AnswerKey? AnswerKey { get; set; }

    /// <summary>A probe permit reserved on the way down and not yet consumed by its breaker.</summary>
    public IReservation? Reservation { get; set; }

    /// <summary>The last failure that a layer looked at.</summary>
    public AttemptFailure? Failure { get; set; }

    /// <summary>What was asked so far.</summary>
    public ref AttemptLog Attempts => ref _attempts;

    /// <summary>How the request was answered.</summary>
    public ref AnswerFacts Answer => ref _answer;

    /// <summary>
    /// The context that travels with <paramref name="options"/>; where none does (a decorator used alone), options with a new one.
    /// </summary>
    public static RequestContext Ensure(
        ref ChatOptions? options, out ResilientChatOptions own, TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
    {
        if (options is ResilientChatOptions { Context: { } context } known)
        {
            own = known;
            return context;
        }

        context = new(timeProvider, isStreaming, callerToken);
        options = own = new(options) { Context = context, Attempt = AttemptPlan.Alone };
        context.Residency = ResidencyProperty.Bound(own, null);
        ResidencyProperty.Take(own);
        if (own.AnswerWithin is { } within && within != Timeout.InfiniteTimeSpan)
        {
            context.SetDeadline(within);
        }

        return context;
    }

    /// <summary>
    /// The failure that an exception stands for: one that a layer below has classified already, or a new one. Streams throw, so their
    /// failures are found by their exception.
    /// </summary>
    public AttemptFailure FailureOf(Exception exception) =>
        Failure is { } known && ReferenceEquals(known.Exception, exception) ? known : Failure = new(exception);

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

    /// <summary>
    /// The context of a call that several requests wait for: bound like this one, but cancelled only by <paramref name="callerToken"/>.
    /// </summary>
    public RequestContext ForSharedCall(CancellationToken callerToken) => new(TimeProvider, IsStreaming, callerToken)
    {
        Deadline = Deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
    };

    /// <summary>The context of an attempt that others may overlap: bound like the request.</summary>
    /// <param name="deadline">Timestamp; the request's own but for a continuation, which begins when the request's has passed.</param>
    /// <param name="callerToken">What cancels this attempt: the caller, or the ladder when another one was faster.</param>
    public RequestContext ForAttempt(long deadline, CancellationToken callerToken) => new(this, TimeProvider, IsStreaming, callerToken)
    {
        Deadline = deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
        IsContinuation = IsContinuation,
    };

    /// <summary>
    /// Another call goes on with the answer. A ladder inside an attempt with a context of its own does so long after the request has
    /// gathered that attempt.
    /// </summary>
    public void NoteContinued()
    {
        _answer.WasContinued = true;
        if (_request is { } request)
        {
            request._answer.IsDegraded |= _answer.IsDegraded;
            request.NoteContinued();
        }
    }

    /// <summary>Takes over from a shared call how it was answered, and what was tried.</summary>
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

    public ResilienceReport ToReport(bool withAttempts) => new()
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
        Attempts = withAttempts ? _attempts.ToReport() : [],
    };
}
