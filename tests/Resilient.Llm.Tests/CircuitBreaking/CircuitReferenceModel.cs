using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

/// <summary>The table in the remarks of <see cref="CircuitBreaker"/>, as plainly as it reads: endless lists, no threads, no thrift.</summary>
internal sealed partial class CircuitReferenceModel(ChatCircuitBreakerOptions options, double random)
{
    private readonly List<long> _calls = [];
    private readonly List<long> _failures = [];
    private readonly List<long> _slow = [];
    private readonly List<Permit> _watched = [];
    private CircuitState _state = CircuitState.Closed;
    private int _generation;
    private int _row;
    private int _breaks;
    private int _goodProbes;
    private long _openUntil;
    private long _cooldownUntil;
    private bool _isForSlowness;
    private Permit? _probe;
    private long _leaseUntil;
    private long? _recoveredAt;

    public List<string> Transitions { get; } = [];

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; set; }

    public CircuitState State
    {
        get
        {
            Notice();
            return IsBreakOver ? CircuitState.HalfOpen : _state;
        }
    }

    public CircuitCounts Counts
    {
        get
        {
            Notice();
            return new(InFiftieths(_calls), InFiftieths(_failures), _row, InFiftieths(_slow));
        }
    }

    private bool IsBreakOver => _state == CircuitState.Open && Now >= _openUntil;

    private bool IsProbeOut => _state == CircuitState.HalfOpen && _probe is not null && Now < _leaseUntil;

    public Llm.Endpoints.Availability Check()
    {
        Notice();
        TimeSpan? cooldown = Now < _cooldownUntil ? TimeSpan.FromTicks(_cooldownUntil - Now) : null;
        return State switch
        {
            CircuitState.Isolated => new(FailureKind.CircuitOpen, IsIsolated: true),
            CircuitState.Open => new(FailureKind.CircuitOpen, false, TimeSpan.FromTicks(Math.Max(_openUntil, _cooldownUntil) - Now), IsSlow: _isForSlowness && cooldown is null),
            CircuitState.HalfOpen when IsProbeOut => new(FailureKind.CircuitOpen, false, cooldown, IsSlow: _isForSlowness && cooldown is null),
            _ when cooldown is not null => new(FailureKind.Rejected, false, cooldown),
            CircuitState.HalfOpen => new(null, NeedsReservation: true),
            _ => new(null, RecoveredAt: _recoveredAt),
        };
    }

    public Permit? Enter(bool takesSlow = false)
    {
        var check = Check();
        if (!check.IsAvailable)
        {
            return takesSlow && check.IsSlow ? new(_generation, false) : null;
        }

        if (_state == CircuitState.Closed)
        {
            return new(_generation, false);
        }

        if (IsBreakOver)
        {
            Move(CircuitState.HalfOpen, CircuitTransitionReason.BreakEnded, isForSlowness: _isForSlowness);
        }

        _leaseUntil = Now + options.ProbeTimeout.Ticks;
        return _probe = new(_generation, true);
    }

    public Permit? EnterReserved(Permit reserved)
    {
        if (Now < _cooldownUntil || !IsAlive(reserved))
        {
            End(reserved, CircuitOutcome.Neutral);
            return Enter();
        }

        _leaseUntil = Now + options.ProbeTimeout.Ticks;
        return reserved;
    }

    public void Content(Permit permit)
    {
        var isFirst = permit.FirstContent is null;
        permit.FirstContent ??= Now;
        if (permit.Generation != _generation || !(isFirst || permit.IsProbe))
        {
            return;
        }

        var isLate = EndsWatchLate(permit);
        permit.SlowAt = null;
        if (!permit.IsProbe)
        {
            CountCall(permit, isLate);
        }
        else if (IsAlive(permit) && isLate)
        {
            FailSlowProbe();
        }
        else if (IsAlive(permit))
        {
            _leaseUntil = Now + options.ProbeTimeout.Ticks;
            if (options.ProbeSucceedsAfter >= TimeSpan.Zero && Now - permit.FirstContent >= options.ProbeSucceedsAfter.Ticks)
            {
                EndProbe(CircuitOutcome.Success, isLate: false);
            }
        }

        Notice(isLate);
    }

    public void End(Permit permit, CircuitOutcome outcome)
    {
        // Of a call that says nothing and is not watched nobody hears.
        var isHeard = outcome != CircuitOutcome.Neutral || permit.IsProbe || permit.SlowAt is not null;
        if (permit.Generation != _generation || !isHeard)
        {
            return;
        }

        var isLate = EndsWatchLate(permit);
        if (!permit.IsProbe)
        {
            EndCall(permit, outcome, isLate);
        }
        else if (IsAlive(permit))
        {
            EndProbe(outcome, isLate);
        }

        Notice(isLate);
    }

    public void StartCooldown(TimeSpan? retryAfter)
    {
        var asked = Math.Min((retryAfter ?? options.MaxBreakDuration).Ticks, options.MaxCooldown.Ticks);
        _cooldownUntil = Math.Max(_cooldownUntil, Now + (TimeSpan.FromTicks(Math.Max(0, asked)) * (1 + (0.1 * random))).Ticks);
    }

    public void Isolate()
    {
        if (_state != CircuitState.Isolated)
        {
            Move(CircuitState.Isolated, CircuitTransitionReason.Isolated);
        }
    }

    public void Reset()
    {
        _cooldownUntil = 0;
        Move(CircuitState.Closed, CircuitTransitionReason.Reset);
    }

    private bool IsAlive(Permit permit) => permit.Generation == _generation && (!permit.IsProbe || permit == _probe);

    private void EndProbe(CircuitOutcome outcome, bool isLate)
    {
        _probe = null;
        if (outcome == CircuitOutcome.Failure)
        {
            Open(CircuitTransitionReason.ProbeFailed);
        }
        else if (isLate)
        {
            FailSlowProbe();
        }
        else if (outcome == CircuitOutcome.Success && ++_goodProbes == options.SuccessesToClose)
        {
            Move(CircuitState.Closed, CircuitTransitionReason.ProbeSucceeded);
        }
    }

    private void EndCall(Permit permit, CircuitOutcome outcome, bool isLate)
    {
        if (isLate || (outcome != CircuitOutcome.Neutral && permit.FirstContent is null))
        {
            CountCall(permit, isLate);
        }

        if (outcome == CircuitOutcome.Success)
        {
            _row = 0;
        }

        if (outcome != CircuitOutcome.Failure)
        {
            return;
        }

        _failures.Add(Now);
        _row++;
        if (_failures.Count(t => Now - t <= options.SamplingDuration.Ticks) >= options.FailureThreshold
            && InFiftieths(_failures) >= options.FailureRatio * InFiftieths(_calls))
        {
            Open(CircuitTransitionReason.FailuresInWindow);
        }
        else if (_row >= options.ConsecutiveFailures)
        {
            Open(CircuitTransitionReason.ConsecutiveFailures);
        }
    }

    private void Open(CircuitTransitionReason reason, bool isForSlowness = false)
    {
        var doubled = Math.Min(options.MaxBreakDuration.Ticks, options.BreakDuration.Ticks * Math.Pow(2, _breaks++));
        var duration = TimeSpan.FromTicks((long)doubled) * (1 - (0.2 * random));
        _openUntil = Now + duration.Ticks;
        Move(CircuitState.Open, reason, duration, isForSlowness);
    }

    private void Move(CircuitState to, CircuitTransitionReason reason, TimeSpan? duration = null, bool isForSlowness = false)
    {
        if (to != _state || to == CircuitState.Open)
        {
            Transitions.Add($"{_state} -> {to}: {reason} {duration}");
        }

        _state = to;
        _isForSlowness = isForSlowness;
        _breaks = to == CircuitState.Closed ? 0 : _breaks;
        _recoveredAt = reason == CircuitTransitionReason.ProbeSucceeded ? Now : null;
        _generation++;
        _row = _goodProbes = 0;
        _probe = null;
        _calls.Clear();
        _failures.Clear();
        _slow.Clear();
        _watched.Clear();
    }

    private int InFiftieths(List<long> times)
    {
        var width = options.SamplingDuration.Ticks / 50;
        return times.Count(t => t / width >= Math.Max(0, Now - options.SamplingDuration.Ticks) / width);
    }

    internal sealed class Permit(int generation, bool isProbe)
    {
        public int Generation => generation;

        public bool IsProbe => isProbe;

        public long? FirstContent { get; set; }

        public long? SlowAt { get; set; }

        public bool IsSlow { get; set; }
    }
}
