namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Watches real traffic for one experiment, and trips when it suffers more than the guard allows.</summary>
/// <remarks>
/// Checks whenever a request ends, and pending requests twice a second, because nothing ends while everything hangs. Thread-safe. Trips
/// outside the lock, possibly more than once.
/// </remarks>
internal sealed class GuardWatch : IDisposable
{
    /// <summary>Half of the time within which a guard must stop an experiment.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly ChaosGuard _guard;
    private readonly ChaosTraffic _traffic;
    private readonly TimeProvider _clock;
    private readonly Action<string> _trip;
    private readonly GuardWindow _window;
    private readonly ITimer _timer;

    public GuardWatch(ChaosGuard guard, ChaosTraffic traffic, TimeProvider clock, Action<string> trip)
    {
        (_guard, _traffic, _clock, _trip) = (guard, traffic, clock, trip);
        _window = new(TicksOf(guard.Window), clock.GetTimestamp());
        traffic.Pending.Watch();
        traffic.Completed += OnCompleted;
        _timer = clock.CreateTimer(static watch => ((GuardWatch)watch!).LookAtWaiting(), this, Interval, Interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        _traffic.Completed -= OnCompleted;
        _traffic.Pending.Unwatch();
    }

    private void OnCompleted(ChatCompletedEvent request)
    {
        // A cancelled request is no failure, but counts as late if it had already taken too long.
        var isCancelled = request.Failure == FailureKind.Cancelled;
        var time = request.Report.TimeToFirstContent ?? request.Report.Elapsed;
        var isLate = time > _guard.MaxP99;
        var isAnswered = request.Failure is null || (isCancelled && request.Report.TimeToFirstContent is not null);
        lock (_lock)
        {
            _window.Add(_clock.GetTimestamp(), isAnswered, !isAnswered && !isCancelled, isAnswered || !isCancelled || isLate, isLate);
        }

        // The request that ends now is still pending. The timer counts pending requests, or this one would count twice.
        Look(waiting: 0);
    }

    private void LookAtWaiting() =>
        Look(_guard.MaxP99 is { } most ? _traffic.Pending.CountBefore(_clock.GetTimestamp() - TicksOf(most)) : 0);

    private void Look(int waiting)
    {
        var now = _clock.GetTimestamp();
        GuardCounts counts;
        lock (_lock)
        {
            counts = _window.Sum(now);
        }

        if ((SuccessVerdict(counts) ?? TimeVerdict(counts, waiting)) is { } reason)
        {
            _trip(reason);
        }
    }

    private string? SuccessVerdict(GuardCounts counts)
    {
        var ended = counts.Answered + counts.Failed;
        return _guard.MinSuccessRate is { } least && ended >= _guard.MinRequests && counts.Answered < least * ended
            ? FormattableString.Invariant(
                $"{counts.Answered} of {ended} requests were answered: fewer than the {least:P1} that it asks for")
            : null;
    }

    private string? TimeVerdict(GuardCounts counts, int waiting)
    {
        // Pending requests have taken at least that long.
        var timed = counts.Timed + waiting;
        var late = counts.Late + waiting;

        // The nearest-rank percentile exceeds the bound if fewer than 99 of 100 lie at or below it.
        return _guard.MaxP99 is { } most && timed >= _guard.MinRequests && (timed - late) * 100 < timed * 99
            ? FormattableString.Invariant(
                $"{late} of {timed} requests took longer than {most} ({waiting} of them still wait): the 99th percentile is above it")
            : null;
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _clock.TimestampFrequency);
}
