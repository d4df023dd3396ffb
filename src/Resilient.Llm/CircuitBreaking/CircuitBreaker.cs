using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Shared;

namespace Resilient.Llm;

/// <summary>Stops calling an endpoint that keeps failing, and finds out with single probes when it is back.</summary>
/// <remarks>
/// <para>What an outcome does, by the state in which it arrives. A permit belongs to the generation in which it was given, and every
/// transition, also one by hand, starts a new generation.</para>
/// <code>
///                              success             failure               neutral   429 with a time
/// closed, this generation      counts a call,      counts a call and     -         gate
///                              ends the row        a failure, may open
/// half-open, the live probe    SuccessesToClose    opens, next break     releases  gate
///                              of them close       twice as long         the probe
/// any state, older generation  -                   -                     -         gate
/// half-open, replaced probe    -                   -                     -         gate
/// </code>
/// <para>What else changes the state:</para>
/// <code>
///             a call wants to enter                       Isolate()   Reset()
/// closed      enters                                      isolated    closed, counts forgotten, gate open
/// open        refused; after the break: half-open,        isolated    closed, gate open
///             and this call is the probe
/// half-open   becomes the probe if there is none, or if   isolated    closed, gate open
///             its lease ran out; else refused
/// isolated    refused                                     isolated    closed, gate open
/// any, while the gate is closed: refused, the state stays as it is
/// </code>
/// <para><b>Slowness</b>, where a <see cref="SlowCallBound"/> is given. A call is slow when that passes without first content or answer. It is found out
/// by whoever next asks for the state, wants to enter or ends a call, at the latest by the call's own content, answer or cancellation.</para>
/// <code>
///                              found to be slow
/// closed, this generation      counts a slow call and, once, a call; may open for slowness
/// half-open, the live probe    opens for slowness, next break twice as long
/// else                         -
/// </code>
/// <para>A circuit open for slowness, and half-open after that, differs from one that failures opened in one thing: a call that takes slow answers
/// enters where others are refused. It is an ordinary call: its failures count as in a closed circuit and may open the circuit for good, that is, no longer for slowness.
/// A probe that fails does so too; whether it was late as well does not matter then. Isolation and gate keep such calls out like all others.</para>
/// <para>The <b>gate</b> closes until the later of what it was told and is told, and reopens by itself: no half-open, no new
/// generation.</para>
/// <para><b>Streams</b>: the first content counts the call, a failure at the end counts the failure, a clean end only ends the row of
/// consecutive failures. A streaming probe succeeds at its clean end, or when it still shows content <c>ProbeSucceedsAfter</c> after the
/// first.</para>
/// <para>No timers: the end of a break or of a lease takes effect when somebody asks. Thread-safe: a closed circuit is entered without a
/// lock, and outcomes are counted under a short one. The pattern is M. Nygard's (Release It!, 2007); generations, leases and the gate
/// are answers to calls that last longer than breaks do.</para>
/// </remarks>
public sealed partial class CircuitBreaker
{
    // How much of a break, or on top of a gate, is left to chance.
    private const double BreakJitter = 0.2;
    private const double CooldownJitter = 0.1;

    private readonly Lock _lock = new();
    private readonly ChatCircuitBreakerOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly Func<double> _randomness;
    private readonly OutcomeWindow _window;
    private readonly Cooldown _gate;
    private readonly CircuitTransitionQueue _transitions = new();
    private readonly long _leaseDuration;

    // Null where no call is ever slow: then nothing is watched, and no clock is read for it.
    private readonly PendingCalls? _pending;
    private readonly SlowCallBound? _slowCalls;

    /// <summary>Creates a closed circuit.</summary>
    /// <param name="options">Copied; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="randomizer">
    /// Yields numbers from 0 up to, not including, 1 for jitter; must be thread-safe. Null for the system's.
    /// </param>
    /// <param name="slowCalls">What is slow where the options say nothing; null for nothing.</param>
    /// <exception cref="ArgumentException">The options contradict themselves; the message says how to mend them.</exception>
    internal CircuitBreaker(
        ChatCircuitBreakerOptions? options = null, TimeProvider? timeProvider = null, Func<double>? randomizer = null, SlowCallBound? slowCalls = null)
    {
        _options = options?.Clone() ?? new();
        _options.Validate(nameof(options));
        _timeProvider = timeProvider ?? TimeProvider.System;
        _randomness = randomizer ?? Randomness.Default;
        _window = new(
            _options.FailureThreshold,
            _options.FailureRatio,
            _timeProvider.ToTimestampUnits(_options.SamplingDuration),
            _timeProvider.GetTimestamp());
        _gate = new(_timeProvider);
        _leaseDuration = _timeProvider.ToTimestampUnits(_options.ProbeTimeout);
        _nextBreak = _options.BreakDuration;
        _slowCalls = _options.SlowCallDuration is null ? slowCalls : SlowCallBound.Fixed(_timeProvider, _options.SlowCallDuration);
        _pending = _slowCalls is null ? null : new();
    }

    /// <summary>Raised after every change of state, in order, outside the lock. What handlers throw is swallowed.</summary>
    internal event Action<CircuitTransition>? Transitioned;

    /// <summary>The state now. An open circuit whose break is over reads half-open, although no probe has set out yet.</summary>
    public CircuitState State
    {
        get
        {
            NoticeSlowCalls();
            var state = StateOf(Volatile.Read(ref _epoch));
            return state == CircuitState.Open && _timeProvider.GetTimestamp() >= Volatile.Read(ref _openUntil)
                ? CircuitState.HalfOpen
                : state;
        }
    }

    /// <summary>
    /// How long calls are still refused because the circuit is open or its rate-limit gate closed;
    /// null when they are not, or when nobody knows: isolated, or waiting for a probe.
    /// </summary>
    public TimeSpan? ReopensIn => Check().ReopensIn;

    /// <summary>Timestamp at which the break ends; null where none lasts now.</summary>
    internal long? BreakEndsAt =>
        StateOf(Volatile.Read(ref _epoch)) == CircuitState.Open && Volatile.Read(ref _openUntil) is var end && _timeProvider.GetTimestamp() < end ? end : null;

    /// <summary>Whether a provider's Retry-After keeps calls back now. Independent of <see cref="State"/>.</summary>
    public bool IsCoolingDown => _gate.IsClosed();

    /// <summary>What the circuit has counted.</summary>
    public CircuitCounts Counts
    {
        get
        {
            NoticeSlowCalls();
            lock (_lock)
            {
                var (calls, failures, slow) = _window.Sum(_timeProvider.GetTimestamp());
                return new(calls, failures, _consecutiveFailures, slow);
            }
        }
    }

    /// <summary>
    /// Takes the endpoint out of service until <see cref="Reset"/>. Calls in progress go on; what they report is dropped.
    /// </summary>
    public void Isolate()
    {
        lock (_lock)
        {
            MoveTo(CircuitState.Isolated, CircuitTransitionReason.Isolated);
        }

        DeliverTransitions();
    }

    /// <summary>
    /// Closes the circuit, opens its rate-limit gate and forgets everything counted. What calls in progress report is dropped.
    /// </summary>
    public void Reset()
    {
        lock (_lock)
        {
            _gate.Reset();
            MoveTo(CircuitState.Closed, CircuitTransitionReason.Reset);
        }

        DeliverTransitions();
    }

    /// <summary>What a cancellation by the caller says about the endpoint.</summary>
    /// <param name="withoutContent">How long the call had lasted when it was cancelled, no content having come; null once some had.</param>
    internal CircuitOutcome OutcomeOfCancellation(TimeSpan? withoutContent) =>
        _options.CancelledCallThreshold >= TimeSpan.Zero && withoutContent >= _options.CancelledCallThreshold
            ? CircuitOutcome.Failure
            : CircuitOutcome.Neutral;

    /// <summary>
    /// Keeps calls back because the provider asked for it. Not bound to a permit: also a late answer may say so.
    /// Record the call itself as <see cref="CircuitOutcome.Neutral"/>.
    /// </summary>
    /// <param name="retryAfter">
    /// For how long; null for <see cref="ChatCircuitBreakerOptions.MaxBreakDuration"/>. Zero or less does nothing.
    /// </param>
    internal void StartCooldown(TimeSpan? retryAfter)
    {
        var duration = retryAfter ?? _options.MaxBreakDuration;
        if (duration <= TimeSpan.Zero)
        {
            return;
        }

        // Capped first and jittered then: else all that hit the cap would come back together.
        duration = duration < _options.MaxCooldown ? duration : _options.MaxCooldown;
        _gate.Close(duration * (1 + (CooldownJitter * _randomness())));
    }
}
