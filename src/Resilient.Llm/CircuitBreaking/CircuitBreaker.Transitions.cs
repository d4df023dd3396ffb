using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Shared;

namespace Resilient.Llm;

public sealed partial class CircuitBreaker
{
    private const int StateBits = 3;
    private const long StateMask = 3;
    private const long SlownessMask = 4;
    private const long NeverOpened = long.MinValue;

    // Generation, state and whether that is for slowness in one word, so that a closed circuit is entered with a single read.
    // Generations start at 1: a default permit fits none.
    private long _epoch = 1L << StateBits;

    // Readable without the lock; written under it, and before the epoch that gives them meaning.
    private long _openUntil;
    private long _leaseUntil = long.MinValue;
    private long _recoveredAt = NeverOpened;
    private long _headStart;

    // Only under the lock.
    private long _probeId;
    private long _lastProbeId;
    private int _probeSuccesses;
    private int _consecutiveFailures;
    private TimeSpan _nextBreak;

    private static CircuitState StateOf(long epoch) => (CircuitState)(epoch & StateMask);

    private static bool IsForSlowness(long epoch) => (epoch & SlownessMask) != 0;

    private static long GenerationOf(long epoch) => epoch >> StateBits;

    /// <summary>Opens for the next break; the one after it is twice as long unless the circuit closes in between.</summary>
    private void Open(CircuitTransitionReason reason, long now, bool isForSlowness = false)
    {
        var duration = _nextBreak * (1 - (BreakJitter * _randomness()));
        _nextBreak = _nextBreak * 2 < _options.MaxBreakDuration ? _nextBreak * 2 : _options.MaxBreakDuration;
        Volatile.Write(ref _openUntil, now + _timeProvider.ToTimestampUnits(duration));
        MoveTo(CircuitState.Open, reason, duration, isForSlowness);
    }

    /// <summary>Starts a new generation. Called under the lock; the notification waits until it is left.</summary>
    private void MoveTo(CircuitState to, CircuitTransitionReason reason, TimeSpan? breakDuration = null, bool isForSlowness = false)
    {
        var epoch = _epoch;
        var from = StateOf(epoch);
        if (from == to && to == CircuitState.Isolated)
        {
            return;
        }

        EndProbe();
        _probeSuccesses = 0;
        _consecutiveFailures = 0;
        _window.Clear();
        _pending?.Clear();
        if (to is CircuitState.Closed)
        {
            _nextBreak = _options.BreakDuration;

            // Who resets by hand knows that the endpoint is well.
            Volatile.Write(ref _recoveredAt, reason == CircuitTransitionReason.ProbeSucceeded ? _timeProvider.GetTimestamp() : NeverOpened);
        }

        Volatile.Write(ref _epoch, ((GenerationOf(epoch) + 1) << StateBits) | (isForSlowness ? SlownessMask : 0) | (long)to);

        // Resetting a closed circuit forgets what it counted, but changes no state. An open one opens again when calls that took it for slow alone fail.
        if (from != to || to == CircuitState.Open)
        {
            _transitions.Enqueue(new(from, to, reason, _timeProvider.GetUtcNow(), breakDuration) { EndsSlowness = to == CircuitState.Closed && IsForSlowness(epoch) });
        }
    }

    private CircuitPermit StartProbe(long now)
    {
        _probeId = ++_lastProbeId;
        RenewProbe(now);
        return new(GenerationOf(_epoch), _probeId);
    }

    private void RenewProbe(long now) => Volatile.Write(ref _leaseUntil, now + _leaseDuration);

    private void EndProbe()
    {
        _probeId = 0;
        Volatile.Write(ref _leaseUntil, long.MinValue);
    }

    private void DeliverTransitions() => _transitions.Deliver(Transitioned);
}
