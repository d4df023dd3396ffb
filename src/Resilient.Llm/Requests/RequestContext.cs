using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Requests;

/// <summary>What one request knows about itself while it goes down the ladder. Shared by its attempts, one after the other.</summary>
/// <remarks>Written by one attempt at a time. Attempts that overlap get a trace each (<see cref="ForAttempt"/>), and the ladder gathers what they wrote.</remarks>
internal sealed class RequestContext
{
    // Reading the clock is the most expensive thing a healthy request does here: moments are kept and shared.
    private AttemptReport[] _attempts = [];
    private int _attemptCount;
    private int _answered = -1;
    private bool _isOver;
    private RequestContext? _request;
    private ResidencyAudit? _trail;

    public RequestContext(TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
    {
        TimeProvider = timeProvider;
        IsStreaming = isStreaming;
        CallerToken = callerToken;
        StartedAt = AttemptStartedAt = LastMoment = timeProvider.GetTimestamp();
    }

    public TimeProvider TimeProvider { get; }

    /// <summary>The caller's own token: alone this one means that the caller cancelled.</summary>
    public CancellationToken CallerToken { get; }

    public bool IsStreaming { get; }

    /// <summary>Whether nobody asked, and the endpoint is only to show that it answers. What it says and how fast is nothing that requests are measured by.</summary>
    public bool IsProbe { get; init; }

    public long StartedAt { get; }

    /// <summary>When the attempt in progress began; for the first one, when the request did, unless it waited before the ladder.</summary>
    public long AttemptStartedAt { get; private set; }

    /// <summary>Timestamp of the deadline; <see cref="long.MaxValue"/>: none.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    /// <summary>Where the request's data may go: policy and request intersected.</summary>
    public DataResidency Residency { get; set; } = DataResidency.Anywhere;

    /// <summary>Why the request is refused before anybody is asked; null: it is not.</summary>
    public DataResidencyException? Refusal { get; set; }

    /// <summary>What an auditor will ask about where the request's data went.</summary>
    public ResidencyAudit Trail => _trail ??= new();

    /// <summary>Whether anything was noted there.</summary>
    public bool HasTrail => _trail is not null;

    /// <summary>A probe permit reserved on the way down and not yet consumed by its breaker.</summary>
    public IReservation? Reservation { get; set; }

    /// <summary>Whether the request has ended. Options that outlive it, kept by some client, must not bring its deadline into another one.</summary>
    public bool IsOver
    {
        get => _isOver || _request is { IsOver: true };
        set => _isOver = value;
    }

    /// <summary>Whether the caller asked for less time than the ladder is configured for: then a timeout says little about the endpoint.</summary>
    public bool IsShortened { get; set; }

    /// <summary>Whether it asks a model to go on with an answer that broke off: nothing that is stored, and none of our own code, can do that.</summary>
    public bool IsContinuation { get; set; }

    public AnswerSource Source { get; set; }

    public string? ServedBy { get; set; }

    public Endpoint? Endpoint { get; set; }

    public bool IsDegraded { get; set; }

    public TimeSpan? AnswerAge { get; set; }

    public bool WasContinued { get; private set; }

    /// <summary>Set by the root of a stream.</summary>
    public TimeSpan? TimeToFirstContent { get; set; }

    /// <summary>What makes this question the same as another; null where nothing looks for stored answers, or where the request cannot be cached.</summary>
    public AnswerKey? AnswerKey { get; set; }

    /// <summary>From the request to the last moment noted.</summary>
    public TimeSpan Elapsed => TimeProvider.GetElapsedTime(StartedAt, LastMoment);

    private long LastMoment { get; set; }

    public bool IsCancelledByCaller => CallerToken.IsCancellationRequested;

    /// <summary>The trace that travels with <paramref name="options"/>; where none does (a decorator used alone), options with a new one.</summary>
    public static RequestContext Ensure(
        ref ChatOptions? options, out ResilientChatOptions own, TimeProvider timeProvider, bool isStreaming, CancellationToken callerToken)
    {
        if (options is ResilientChatOptions { Context: { } context } traced)
        {
            own = traced;
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

    /// <summary>Sets the deadline, counted from the start of the request.</summary>
    public void SetDeadline(TimeSpan within)
    {
        var units = TimeProvider.ToTimestampUnits(within);
        Deadline = units > long.MaxValue - StartedAt ? long.MaxValue : StartedAt + units;
    }

    public void BeginAttempt() => AttemptStartedAt = TimeProvider.GetTimestamp();

    /// <summary>Notes how an attempt ended; no failure: with an answer.</summary>
    /// <param name="candidate">The rung.</param>
    /// <param name="endpoint">Its endpoint.</param>
    /// <param name="failure">What went wrong; null when it answered.</param>
    /// <param name="exception">How.</param>
    /// <param name="attempt">The trace of the attempt, where it has one of its own; null for the attempt in progress on this one.</param>
    /// <param name="role">Why it was made.</param>
    /// <param name="delivered">What the caller had seen of it.</param>
    public void EndAttempt(
        string candidate,
        Endpoint? endpoint,
        FailureKind? failure,
        Exception? exception = null,
        RequestContext? attempt = null,
        AttemptRole role = AttemptRole.Ordinary,
        AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        NoteMoment();
        if (failure is null)
        {
            _answered = _attemptCount;
        }

        Add(new()
        {
            Step = candidate,
            Endpoint = endpoint?.Name,
            Failure = failure,
            ExceptionType = exception?.GetType().Name,
            Duration = TimeProvider.GetElapsedTime((attempt ?? this).AttemptStartedAt, LastMoment),
            Role = role,
            Delivered = delivered,
        });
    }

    /// <summary>Corrects the attempt that had answered: it broke off after it had begun.</summary>
    public void InterruptAttempt(FailureKind failure, Exception exception, RequestContext attempt)
    {
        NoteMoment();
        ref var answered = ref _attempts[_answered];
        answered = answered with
        {
            Failure = failure,
            ExceptionType = exception.GetType().Name,
            Duration = TimeProvider.GetElapsedTime(attempt.AttemptStartedAt, LastMoment),
        };
    }

    /// <summary>Reads the clock for <see cref="Elapsed"/>.</summary>
    public void NoteMoment() => LastMoment = TimeProvider.GetTimestamp();

    /// <summary>Somebody else goes on with the answer. A ladder inside an attempt with a trace of its own does so long after the request has gathered that attempt.</summary>
    public void NoteContinued()
    {
        WasContinued = true;
        if (_request is { } request)
        {
            request.IsDegraded |= IsDegraded;
            request.NoteContinued();
        }
    }

    /// <summary>Whether a call was made to a candidate that has ended, or has begun to answer.</summary>
    public bool HasAsked(string candidate, string? endpoint)
    {
        for (var i = 0; i < _attemptCount; i++)
        {
            if (_attempts[i] is { SkipReason: null } attempt && attempt.Step == candidate && attempt.Endpoint == endpoint)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes back the last <see cref="EndAttempt"/>: the attempt will be noted again.</summary>
    public void ForgetLastAttempt() => _attemptCount--;

    public void ReleaseReservation()
    {
        Reservation?.Release();
        Reservation = null;
    }

    /// <summary>The trace of a call that several requests wait for: bound like this one, but cancelled only by <paramref name="callerToken"/>.</summary>
    public RequestContext ForSharedCall(CancellationToken callerToken) => new(TimeProvider, IsStreaming, callerToken)
    {
        Deadline = Deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
    };

    /// <summary>The trace of an attempt that others may overlap: bound like the request.</summary>
    /// <param name="deadline">Timestamp; the request's own but for a continuation, which begins when the request's has passed.</param>
    /// <param name="callerToken">What cancels this attempt: the caller, or the ladder when another one was faster.</param>
    public RequestContext ForAttempt(long deadline, CancellationToken callerToken) => new(TimeProvider, IsStreaming, callerToken)
    {
        Deadline = deadline,
        IsShortened = IsShortened,
        Residency = Residency,
        AnswerKey = AnswerKey,
        IsContinuation = IsContinuation,
        _request = this,
    };

    /// <summary>Gathers what an attempt with a trace of its own has noted so far: calls that were retried.</summary>
    /// <param name="attempt">Its trace.</param>
    /// <param name="role">Why it was made, and with it each of its calls.</param>
    public void Gather(RequestContext attempt, AttemptRole role)
    {
        for (var i = 0; i < attempt._attemptCount; i++)
        {
            Add(role == AttemptRole.Ordinary ? attempt._attempts[i] : attempt._attempts[i] with { Role = role });
        }

        attempt._attemptCount = 0;
    }

    /// <summary>Takes over from a shared call how it was answered, and what was tried.</summary>
    public void Adopt(RequestContext shared)
    {
        Source = shared.Source;
        ServedBy = shared.ServedBy;
        Endpoint = shared.Endpoint;
        IsDegraded = shared.IsDegraded;
        AnswerAge = shared.AnswerAge;
        WasContinued = shared.WasContinued;
        if (shared._trail is { } trail)
        {
            Trail.Adopt(trail);
        }

        NoteMoment();
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

        // In this order: a stream may be disposed, and its report be read, while a move of it notes something on another thread.
        _attempts[_attemptCount] = attempt;
        _attemptCount++;
    }

    public ResilienceReport ToReport(bool withAttempts) => new()
    {
        Source = Source,
        ServedBy = ServedBy,
        Endpoint = Endpoint?.Name,
        Region = Endpoint?.Region,
        Geography = Endpoint?.Geography,
        IsDegraded = IsDegraded,
        Elapsed = Elapsed,
        TimeToFirstContent = TimeToFirstContent,
        AnswerAge = AnswerAge,
        WasContinued = WasContinued,
        Attempts = withAttempts ? Attempts() : [],
    };

    /// <summary>The attempts so far. A stream that is disposed in the middle of a move reads them while that move may still write.</summary>
    private AttemptReport[] Attempts()
    {
        var attempts = _attempts;
        var count = Math.Min(_attemptCount, attempts.Length);
        return attempts.Length == count ? attempts : attempts[..count];
    }
}
