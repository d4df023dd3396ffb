using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm;

/// <summary>Stops calls to an endpoint that keeps failing, and detects its recovery with single probes.</summary>
/// <remarks>
/// <para>The effect of an outcome, by state. A permit belongs to its generation; every transition, also by hand, starts a new one.</para>
/// <code>
///                              success             failure               neutral   429 with a time
/// closed, this generation      counts a call,      counts a call and     -         cooldown
///                              ends the row        a failure, may open
/// half-open, the live probe    SuccessesToClose    opens, next break     releases  cooldown
///                              of them close       twice as long         the probe
/// any state, older generation  -                   -                     -         cooldown
/// half-open, replaced probe    -                   -                     -         cooldown
/// </code>
/// <para>Other causes of a change of state:</para>
/// <code>
///             a call wants to enter                       Isolate()   Reset()
/// closed      enters                                      isolated    closed, counts forgotten, cooldown ended
/// open        refused; after the break: half-open,        isolated    closed, cooldown ended
///             and this call is the probe
/// half-open   becomes the probe if there is none, or if   isolated    closed, cooldown ended
///             its lease ran out; else refused
/// isolated    refused                                     isolated    closed, cooldown ended
/// any, during a cooldown: refused, the state stays as it is
/// </code>
/// <para><b>Slowness</b>, where a <see cref="SlowCallBound"/> is given: a call is slow when it passes the bound without first content or
/// answer. The next use of the circuit (a look at the state, a call that enters or ends) notices it; at the latest the call's own content
/// or end.</para>
/// <code>
///                              found to be slow
/// closed, this generation      counts a slow call and, once, a call; may open for slowness
/// half-open, the live probe    opens for slowness, next break twice as long
/// else                         -
/// </code>
/// <para>A circuit that is open or half-open for slowness lets in calls that take slow answers. They are ordinary calls: their failures
/// count as in a closed circuit and may open the circuit again, now for failures. A probe that fails does so too, late or not. Isolation
/// and cooldown refuse them like all others.</para>
/// <para><b>Refusals</b> (a 4xx) are neutral. Where they have been found to be the endpoint's fault, the circuit is opened for them; then a
/// trial whose request is refused has failed, and the next break is twice as long.</para>
/// <para>A <b>cooldown</b> lasts until the latest time that the provider asked for, and ends by itself without half-open or a new
/// generation.</para>
/// <para><b>Streams</b>: the first content counts the call, a failure at the end counts the failure, a clean end only ends the row of
/// consecutive failures. A streaming probe succeeds at its clean end, or with content <c>ProbeSucceedsAfter</c> after the first.</para>
/// <para>No timers: the end of a break or of a lease takes effect at the next use. Thread-safe: a closed circuit is entered without a lock,
/// and outcomes are counted under a short one. Pattern: M. Nygard, Release It!, 2007. Calls to models last longer than breaks, hence
/// generations, leases and the cooldown.</para>
/// </remarks>
public sealed class CircuitBreaker
{
    // The only lock. This class takes it; the collaborators below document what may be used without it.
    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _cancelledCallThreshold;
    private readonly Cooldown _cooldown;
    private readonly BreakSchedule _breaks;
    private readonly OutcomeCounter _counter;
    private readonly CircuitStateMachine _machine;
    private readonly CircuitAvailability _availability;
    private readonly OutcomeRecorder _recorder;

    // Null where no call is ever slow: then nothing is watched, and no clock is read for it.
    private readonly SlowCallWatch? _slowCalls;

    /// <summary>Creates a closed circuit.</summary>
    /// <param name="options">Copied; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="randomizer">Jitter: numbers from 0 up to, not including, 1; thread-safe. Null for the system's.</param>
    /// <param name="slowCalls">The bound for slow calls where the options set none; null for none.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message says how to correct them.</exception>
    internal CircuitBreaker(
        ChatCircuitBreakerOptions? options = null,
        TimeProvider? timeProvider = null,
        Func<double>? randomizer = null,
        SlowCallBound? slowCalls = null)
    {
        options = options?.Clone() ?? new();
        options.Validate(nameof(options));
        timeProvider ??= TimeProvider.System;
        randomizer ??= Randomness.Default;
        var bound = options.SlowCallDuration is null ? slowCalls : SlowCallBound.Fixed(timeProvider, options.SlowCallDuration);
        var probe = new ProbeLease(timeProvider.ToTimestampUnits(options.ProbeTimeout));

        _timeProvider = timeProvider;
        _cancelledCallThreshold = options.CancelledCallThreshold;
        _cooldown = new(options, timeProvider, randomizer);
        _breaks = new(options, timeProvider, randomizer);
        _counter = new(options, timeProvider);
        _slowCalls = bound is null ? null : new(bound);
        _machine = new(timeProvider, _breaks, probe, _counter, _slowCalls);
        _availability = new(timeProvider, _machine, _breaks, probe, _cooldown);
        _recorder = new(options, timeProvider, _machine, probe, _counter, _slowCalls);
    }

    /// <summary>Raised after every change of state, in order, outside the lock. Exceptions of handlers are swallowed.</summary>
    internal event Action<CircuitTransition>? Transitioned;

    /// <summary>Gets the current state. An open circuit whose break is over reads half-open, even before a probe has started.</summary>
    public CircuitState State
    {
        get
        {
            NoticeSlowCalls();
            var state = _machine.Epoch.State;
            return state == CircuitState.Open && _timeProvider.GetTimestamp() >= _breaks.EndsAt ? CircuitState.HalfOpen : state;
        }
    }

    /// <summary>Gets how long calls are still refused; null when not, or when unknown (isolated, waiting for a probe).</summary>
    public TimeSpan? ReopensIn => Check().ReopensIn;

    /// <summary>Gets whether a provider's Retry-After holds calls back now. Independent of <see cref="State"/>.</summary>
    public bool IsCoolingDown => _cooldown.IsActive;

    /// <summary>Gets what the circuit has counted.</summary>
    public CircuitCounts Counts
    {
        get
        {
            NoticeSlowCalls();
            lock (_lock)
            {
                return _counter.At(_timeProvider.GetTimestamp());
            }
        }
    }

    /// <summary>Timestamp at which the break ends; null while there is none.</summary>
    internal long? BreakEndsAt =>
        _machine.Epoch.State == CircuitState.Open && _breaks.EndsAt is var end && _timeProvider.GetTimestamp() < end ? end : null;

    /// <summary>Timestamp at which the first watched call becomes slow; <see cref="long.MaxValue"/> when none is watched.</summary>
    internal long NextSlowCall => _slowCalls?.NextDue ?? long.MaxValue;

    /// <summary>Takes the endpoint out of service until <see cref="Reset"/>. Calls in progress continue, without effect here.</summary>
    public void Isolate()
    {
        lock (_lock)
        {
            _machine.MoveTo(CircuitState.Isolated, CircuitTransitionReason.Isolated);
        }

        DeliverTransitions();
    }

    /// <summary>Closes the circuit, ends a cooldown and resets all counts. Outcomes of calls in progress are dropped.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _cooldown.End();
            _machine.MoveTo(CircuitState.Closed, CircuitTransitionReason.Reset);
        }

        DeliverTransitions();
    }

    /// <summary>Whether a call would be let through now.</summary>
    /// <remarks>
    /// Takes no permit and no lock, and reads no clock on a closed circuit, except to notice calls that have become slow meanwhile; that
    /// may open the circuit.
    /// </remarks>
    internal Availability Check()
    {
        NoticeSlowCalls();
        return _availability.Check();
    }

    /// <summary>
    /// Sets how long after a break <see cref="Check"/> advises requests to leave the trial to an active probe; zero for not at all.
    /// Only advice: the first call that asks for the permit gets it.
    /// </summary>
    internal void GiveProbesHeadStart(TimeSpan duration) => _availability.GiveProbesHeadStart(duration);

    /// <summary>Asks for a permit; in half-open, takes the probe permit if it is free. False: do not call.</summary>
    internal bool TryEnter(out CircuitPermit permit) => TryEnter(takesSlow: false, out permit);

    /// <summary>Asks for a permit: the reserved one, if there is one and it is still valid.</summary>
    /// <param name="reservation">The reservation in the request context; one of another circuit is not touched.</param>
    /// <param name="takesSlow">Whether to enter although the circuit is open for slowness, see <see cref="AttemptPlan.TakesSlow"/>.</param>
    /// <param name="permit">To be recorded at the end of the call.</param>
    internal bool TryEnter(IReservation? reservation, bool takesSlow, out CircuitPermit permit)
    {
        if (reservation is CircuitReservation own && own.IsFor(this) && own.TryConsume(out permit))
        {
            if (!_cooldown.IsActive && TryRenew(permit))
            {
                return true;
            }

            Record(permit, CircuitOutcome.Neutral);
        }

        return TryEnter(takesSlow, out permit);
    }

    /// <summary>Takes the probe permit ahead of the call, where one is needed. False when the call would be refused.</summary>
    /// <param name="reservation">The permit, to be consumed or released; null on a closed circuit, which needs none.</param>
    internal bool TryReserve(out CircuitReservation? reservation)
    {
        var isEntered = TryEnter(out var permit);
        reservation = permit.IsProbe ? new(this, permit) : null;
        return isEntered;
    }

    /// <summary>Watches a call that did not end at once for slowness.</summary>
    /// <param name="permit">The call's permit, which remembers the watch and the bound: record content and end with it.</param>
    /// <param name="startedAt">Timestamp of the call's beginning.</param>
    /// <param name="isStreaming">Whether the call is a stream.</param>
    internal void Watch(ref CircuitPermit permit, long startedAt, bool isStreaming)
    {
        if (_slowCalls?.Create(startedAt, permit.ProbeId, isStreaming) is not { } call)
        {
            return;
        }

        bool isWatched;
        lock (_lock)
        {
            isWatched = _recorder.TryWatch(permit, call);
        }

        permit = permit with { Pending = isWatched ? call : permit.Pending, SlowAt = call.Due };
    }

    /// <summary>Records content of a stream: the first counts the call; each renews a probe's lease or completes the probe.</summary>
    internal void RecordContent(ref CircuitPermit permit)
    {
        var isFirst = !permit.HasContent;
        if (!isFirst && !permit.IsProbe)
        {
            return;
        }

        lock (_lock)
        {
            var now = _timeProvider.GetTimestamp();
            var before = permit;
            if (isFirst)
            {
                permit = permit with { HasContent = true, FirstContentAt = now, Pending = null };
            }

            _recorder.RecordContent(before, permit.FirstContentAt, now);
        }

        DeliverTransitions();
    }

    /// <summary>Records the end of a call, once per permit. Stale outcomes are dropped.</summary>
    /// <remarks>Call it in a <c>finally</c>: a probe without a recorded end holds its permit until the lease runs out.</remarks>
    internal void Record(in CircuitPermit permit, CircuitOutcome outcome) => Record(permit, outcome, _timeProvider.GetTimestamp());

    /// <inheritdoc cref="Record(in CircuitPermit, CircuitOutcome)"/>
    /// <param name="permit">The call's permit.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="now">Timestamp of the end: the caller has read the clock for other needs too.</param>
    internal void Record(in CircuitPermit permit, CircuitOutcome outcome, long now)
    {
        if (outcome is CircuitOutcome.Neutral or CircuitOutcome.Refused && !permit.IsProbe && permit.Pending is null)
        {
            return;
        }

        lock (_lock)
        {
            _recorder.RecordEnd(permit, outcome, now);
        }

        DeliverTransitions();
    }

    /// <summary>What a cancellation says about an endpoint that has sent no content for this long; null: it has sent some.</summary>
    internal CircuitOutcome OutcomeOfCancellation(TimeSpan? withoutContent) =>
        _cancelledCallThreshold >= TimeSpan.Zero && withoutContent >= _cancelledCallThreshold
            ? CircuitOutcome.Failure
            : CircuitOutcome.Neutral;

    /// <summary>Starts a cooldown that the provider asked for. Null: <see cref="ChatCircuitBreakerOptions.MaxBreakDuration"/>.</summary>
    /// <remarks>Needs no permit: a late answer may ask for it too. Record the call as <see cref="CircuitOutcome.Neutral"/>.</remarks>
    internal void StartCooldown(TimeSpan? retryAfter) => _cooldown.Start(retryAfter);

    /// <summary>Opens a closed or half-open circuit: the endpoint is at fault for the requests that it refuses.</summary>
    internal void OpenForRefusals()
    {
        lock (_lock)
        {
            if (_machine.Epoch.State is CircuitState.Closed or CircuitState.HalfOpen)
            {
                _machine.Open(CircuitTransitionReason.RequestsRefused, _timeProvider.GetTimestamp(), isForRefusals: true);
            }
        }

        DeliverTransitions();
    }

    /// <summary>Whether the circuit is closed, and was opened since the permit was given.</summary>
    internal bool HasRecoveredSince(in CircuitPermit permit)
    {
        var epoch = _machine.Epoch;
        return epoch.State == CircuitState.Closed && permit.Generation != epoch.Generation;
    }

    private bool TryEnter(bool takesSlow, out CircuitPermit permit)
    {
        NoticeSlowCalls();
        var epoch = _machine.Epoch;
        if (epoch.State == CircuitState.Closed && !_cooldown.IsActive)
        {
            permit = new(epoch.Generation, 0);
            return true;
        }

        return TryEnterUnderLock(takesSlow, out permit);
    }

    private bool TryEnterUnderLock(bool takesSlow, out CircuitPermit permit)
    {
        // During an outage all calls come here: refuse them without queueing for the lock.
        var availability = Check();
        if (!availability.IsAvailable && !availability.IsLeftToProbe && !(takesSlow && availability.IsSlow))
        {
            permit = default;
            return false;
        }

        bool isEntered;
        lock (_lock)
        {
            isEntered = _machine.TryGivePermit(_timeProvider.GetTimestamp(), takesSlow, out permit);
        }

        DeliverTransitions();
        return isEntered;
    }

    /// <summary>Renews the lease of a reserved probe. False when it is no longer valid.</summary>
    private bool TryRenew(in CircuitPermit permit)
    {
        lock (_lock)
        {
            return _machine.TryRenew(permit, _timeProvider.GetTimestamp());
        }
    }

    /// <summary>Notices calls that have become slow. One read where none is pending, and one of the clock otherwise.</summary>
    private void NoticeSlowCalls()
    {
        if (_slowCalls is { NextDue: not long.MaxValue } slowCalls && _timeProvider.GetTimestamp() >= slowCalls.NextDue)
        {
            lock (_lock)
            {
                _recorder.NoticeSlowCalls(_timeProvider.GetTimestamp(), hasNew: false);
            }

            DeliverTransitions();
        }
    }

    private void DeliverTransitions() => _machine.DeliverTransitions(Transitioned);
}
