using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.Faults;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos;

/// <summary>A running or ended experiment.</summary>
/// <remarks>Thread-safe. Disposing it stops the experiment; after the end it has no effect.</remarks>
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

    /// <summary>Arms the timers. Called under the controller's lock.</summary>
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

    /// <summary>Gets the experiment.</summary>
    public ChaosExperiment Experiment { get; }

    /// <summary>Gets who started it.</summary>
    public string StartedBy { get; }

    /// <summary>Gets when it started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Gets when it ends at the latest.</summary>
    public DateTimeOffset EndsAt { get; }

    /// <summary>Gets whether it is running.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>Gets how many calls it has hit.</summary>
    public long Injected => Volatile.Read(ref _injected);

    /// <summary>Gets a token that is cancelled when the experiment ends, for any reason. Do not use its wait handle.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Stops the experiment.</summary>
    public void Dispose() => _controller.End(this, ChaosLogAction.Stopped, StartedBy, "disposed");

    /// <summary>How it ended; null while it runs.</summary>
    internal ChaosLogAction? EndedBy { get; private set; }

    /// <summary>Stops hitting calls. Called under the controller's lock.</summary>
    internal void End(ChaosLogAction how)
    {
        EndedBy = how;
        _isRunning = false;
    }

    internal void Expire()
    {
        if (_endsAt - _controller.Clock.GetTimestamp() is > 0 and var left)
        {
            // Timers have a resolution of 1 ms and may fire slightly early. Changing a disposed timer has no effect.
            var time = TimeSpan.FromSeconds((double)left / _controller.Clock.TimestampFrequency);
            _expiry.Change(time + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
        else
        {
            _controller.End(this, ChaosLogAction.Expired, "time", null);
        }
    }

    internal void ExpireIfOver()
    {
        if (_controller.Clock.GetTimestamp() >= _endsAt)
        {
            Expire();
        }
    }

    /// <summary>What to inject into a call; null for nothing.</summary>
    internal ChaosInjection? Inject(in ChaosCall call, Func<double> randomizer)
    {
        if (!Experiment.Target.Covers(call, _salt, randomizer) || (Experiment.Rate < 1 && randomizer() >= Experiment.Rate))
        {
            return null;
        }

        var delay = Experiment.Fault.Latency?.Draw(randomizer) ?? TimeSpan.Zero;

        // The clock is read only for calls that would be hit: it is the most expensive part.
        ExpireIfOver();

        // Checked last: the run may have ended in the meantime.
        if (!_isRunning)
        {
            return null;
        }

        Interlocked.Increment(ref _injected);
        return new(Experiment.Fault, delay, Ended);
    }

    /// <summary>Disposes timers and the guard, and continues all waits on this thread.</summary>
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
            // Tokens of a source that was cancelled before its disposal stay usable.
            _end.Dispose();
        }
    }
}
