namespace Resilient.Llm.Requests;

/// <summary>The attempts of one request, in the order in which they ended, with their times.</summary>
/// <remarks>
/// Mutable struct, part of the <see cref="RequestContext"/>: no allocation of its own. Reading the clock is the most expensive thing that
/// a healthy request does, so moments are kept and shared. Written by one attempt at a time.
/// </remarks>
internal struct AttemptLog
{
    private AttemptReport[] _attempts = [];
    private int _count;
    private int _answered = -1;
    private long _lastMoment;
    private bool _hasEndMoment;

    public AttemptLog(TimeProvider timeProvider)
    {
        TimeProvider = timeProvider;
        StartedAt = _lastMoment = timeProvider.GetTimestamp();
    }

    public readonly TimeProvider TimeProvider { get; }

    /// <summary>When the attempt in progress began (timestamp); for the first one, when the request did, unless it waited before.</summary>
    public long StartedAt { get; private set; }

    /// <summary>The attempts so far. A stream disposed during a move reads them while that move may still write.</summary>
    public readonly ArraySegment<AttemptReport> Entries
    {
        get
        {
            var attempts = _attempts;
            return new(attempts, 0, Math.Min(_count, attempts.Length));
        }
    }

    public void Begin()
    {
        StartedAt = TimeProvider.GetTimestamp();
        _hasEndMoment = false;
    }

    /// <summary>Reads the clock for <see cref="ElapsedSince"/>.</summary>
    public void NoteMoment() => _lastMoment = TimeProvider.GetTimestamp();

    /// <summary>Reads the clock where the attempt's call has just answered: the moment is also that of <see cref="End"/>.</summary>
    /// <param name="clock">The clock of the layer that asks; another clock's moment is not kept.</param>
    public long NoteEndMoment(TimeProvider clock)
    {
        var now = clock.GetTimestamp();
        if (ReferenceEquals(clock, TimeProvider))
        {
            _lastMoment = now;
            _hasEndMoment = true;
        }

        return now;
    }

    /// <summary>The time from a timestamp to the last noted moment.</summary>
    public readonly TimeSpan ElapsedSince(long timestamp) => TimeProvider.GetElapsedTime(timestamp, _lastMoment);

    /// <summary>Notes how an attempt ended; without a failure it answered.</summary>
    public void End(
        string step,
        Endpoint? endpoint,
        long startedAt,
        FailureKind? failure,
        Exception? exception = null,
        AttemptRole role = AttemptRole.Ordinary,
        AttemptDelivery delivered = AttemptDelivery.Nothing)
    {
        if (failure is not null || !_hasEndMoment)
        {
            NoteMoment();
        }

        if (failure is null)
        {
            _answered = _count;
        }

        Add(new()
        {
            Step = step,
            Endpoint = endpoint?.Name,
            Failure = failure,
            ExceptionType = exception?.GetType().Name,
            Duration = ElapsedSince(startedAt),
            Role = role,
            Delivered = delivered,
        });
    }

    /// <summary>Corrects the attempt that had answered: it broke off later.</summary>
    public void Interrupt(long startedAt, FailureKind failure, Exception exception)
    {
        NoteMoment();
        ref var answered = ref _attempts[_answered];
        answered = answered with { Failure = failure, ExceptionType = exception.GetType().Name, Duration = ElapsedSince(startedAt) };
    }

    public void Add(AttemptReport attempt)
    {
        if (_count == _attempts.Length)
        {
            Array.Resize(ref _attempts, _count == 0 ? 1 : _count * 2);
        }

        // In this order: a stream may be disposed, and its report read, while its move writes on another thread.
        _attempts[_count] = attempt;
        _count++;
    }

    /// <summary>Removes the last entry: the attempt will be noted again.</summary>
    public void ForgetLast() => _count--;

    /// <summary>Whether a call to the endpoint has ended or begun to answer.</summary>
    public readonly bool HasAsked(string step, string? endpoint)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_attempts[i] is { SkipReason: null } attempt && attempt.Step == step && attempt.Endpoint == endpoint)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Moves in the entries of an attempt with its own log (calls that were retried), under the attempt's role.</summary>
    public void Gather(ref AttemptLog attempt, AttemptRole role)
    {
        for (var i = 0; i < attempt._count; i++)
        {
            Add(role == AttemptRole.Ordinary ? attempt._attempts[i] : attempt._attempts[i] with { Role = role });
        }

        attempt._count = 0;
    }

    /// <summary>Adds the entries of a shared call.</summary>
    public void Adopt(in AttemptLog shared)
    {
        NoteMoment();
        for (var i = 0; i < shared._count; i++)
        {
            Add(shared._attempts[i]);
        }
    }
}
