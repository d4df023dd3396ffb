using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.Faults;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos;

/// <summary>An experiment as it runs, or ran.</summary>
/// <remarks>Thread-safe. Disposing it stops the experiment; one that has ended is not touched by that.</remarks>
public sealed class ChaosRun : IDisposable
{
    private readonly ChaosController _controller;
    private readonly CancellationTokenSource _end = new();
    private readonly ITimer _expiry;
    private readonly GuardWatch? _guard;
    private readonly ulong _salt;
    private readonly long _endsAt;
    private long _injected;
    private volatile bool _isRunning = true;

    /// <summary>Arms the timers: under the controller's lock.</summary>
    internal ChaosRun(ChaosController controller, ChaosExperiment experiment, string by)
    {
        _controller = controller;
        _salt = StableHash.Of(experiment.Name);
        var clock = controller.Clock;
        Experiment = experiment;
        StartedBy = by;
        StartedAt = clock.GetUtcNow();
        EndsAt = StartedAt + experiment.Duration;
        _endsAt = clock.GetTimestamp() + (long)Math.Ceiling(experiment.Duration.TotalSeconds * clock.TimestampFrequency);
        Ended = _end.Token;
        _expiry = clock.CreateTimer(static run => ((ChaosRun)run!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _guard = experiment.Guard is { } guard
            ? new(guard, controller.Traffic, clock, reason => controller.End(this, ChaosLogAction.GuardTripped, "guard", reason))
            : null;

        // Armed last: it may fire at once.
        _expiry.Change(experiment.Duration, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What is done, and to which calls.</summary>
    public ChaosExperiment Experiment { get; }

    /// <summary>Who started it.</summary>
    public string StartedBy { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset EndsAt { get; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>To how many calls it did something.</summary>
    public long Injected => Volatile.Read(ref _injected);

    /// <summary>Cancelled when it has ended, however. Its wait handle must not be used.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Stops it.</summary>
    public void Dispose() => _controller.End(this, ChaosLogAction.Stopped, StartedBy, "disposed");

    /// <summary>How it ended; null while it runs.</summary>
    internal ChaosLogAction? EndedBy { get; private set; }

    /// <summary>No call is hit any more: under the controller's lock.</summary>
    internal void End(ChaosLogAction how)
    {
        EndedBy = how;
        _isRunning = false;
    }

    /// <summary>Ends it when its time is over.</summary>
    internal void Expire()
    {
        if (_endsAt - _controller.Clock.GetTimestamp() is > 0 and var left)
        {
            // Timers count whole milliseconds and may fire a little too early. One that was disposed meanwhile is not armed by that.
            var time = TimeSpan.FromSeconds((double)left / _controller.Clock.TimestampFrequency);
            _expiry.Change(time + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
        else
        {
            _controller.End(this, ChaosLogAction.Expired, "time", null);
        }
    }

    /// <summary>Ends it when its time is over, and nothing otherwise.</summary>
    internal void ExpireIfOver()
    {
        if (_controller.Clock.GetTimestamp() >= _endsAt)
        {
            Expire();
        }
    }

    /// <summary>What it does to a call; null: nothing.</summary>
    internal ChaosInjection? Inject(in ChaosCall call, Func<double> randomizer)
    {
        if (!Experiment.Target.Covers(call, _salt, randomizer) || (Experiment.Rate < 1 && randomizer() >= Experiment.Rate))
        {
            return null;
        }

        var delay = Experiment.Fault.Latency?.Draw(randomizer) ?? TimeSpan.Zero;

        // The clock is read for calls that it would hit alone: it costs more than all the rest.
        ExpireIfOver();

        // Asked last: it may have ended since it was found running.
        if (!_isRunning)
        {
            return null;
        }

        Interlocked.Increment(ref _injected);
        return new(Experiment.Fault, delay, Ended);
    }

    /// <summary>Lets go of everything: timers, the guard, and whatever waits, which goes on here and now.</summary>
    internal void Release()
    {
        _expiry.Dispose();
        _guard?.Dispose();
        try
        {
            _end.Cancel();
        }
        finally
        {
            // Tokens of a source that was cancelled first may go on being held, asked and registered with.
            _end.Dispose();
        }
    }
}
