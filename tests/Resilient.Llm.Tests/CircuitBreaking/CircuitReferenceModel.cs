using Polly.CircuitBreaker;

namespace Resilient.Llm.Tests;

/// <summary>The table in the remarks of <see cref="CircuitBreaker"/>, as plainly as it reads: endless lists, no threads, no thrift.</summary>
internal sealed class CircuitReferenceModel(ChatCircuitBreakerOptions options, double random)
{
    private readonly List<long> _calls = [];
    private readonly List<long> _failures = [];
    private CircuitState _state = CircuitState.Closed;
    private int _generation;
    private int _row;
    private int _failedProbes;
    private int _goodProbes;
    private long _openUntil;
    private long _gateUntil;
    private Permit? _probe;
    private long _leaseUntil;

    public List<string> Transitions { get; } = [];

    /// <summary>Ticks since the beginning.</summary>
    public long Now { get; set; }

    public CircuitState State => IsBreakOver ? CircuitState.HalfOpen : _state;

    public CircuitCounts Counts => new(InFiftieths(_calls), InFiftieths(_failures), _row);

    private bool IsBreakOver => _state == CircuitState.Open && Now >= _openUntil;

    private bool IsProbeOut => _state == CircuitState.HalfOpen && _probe is not null && Now < _leaseUntil;

    public Llm.Availability Check()
    {
        TimeSpan? gate = Now < _gateUntil ? TimeSpan.FromTicks(_gateUntil - Now) : null;
        return State switch
        {
            CircuitState.Isolated => new(FailureKind.CircuitOpen, IsIsolated: true),
            CircuitState.Open => new(FailureKind.CircuitOpen, false, TimeSpan.FromTicks(Math.Max(_openUntil, _gateUntil) - Now)),
            CircuitState.HalfOpen when IsProbeOut => new(FailureKind.CircuitOpen, false, gate),
            _ when gate is not null => new(FailureKind.Rejected, false, gate),
            var state => new(null, state == CircuitState.HalfOpen),
        };
    }

    public Permit? Enter()
    {
        if (!Check().IsAvailable)
        {
            return null;
        }

        if (_state == CircuitState.Closed)
        {
            return new(_generation, false);
        }

        if (IsBreakOver)
        {
            Move(CircuitState.HalfOpen, CircuitTransitionReason.BreakEnded);
        }

        _leaseUntil = Now + options.ProbeTimeout.Ticks;
        return _probe = new(_generation, true);
    }

    public Permit? EnterReserved(Permit reserved)
    {
        if (Now < _gateUntil || !IsAlive(reserved))
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
        if (!permit.IsProbe && isFirst && permit.Generation == _generation)
        {
            _calls.Add(Now);
        }

        if (permit.IsProbe && IsAlive(permit))
        {
            _leaseUntil = Now + options.ProbeTimeout.Ticks;
            if (options.ProbeSucceedsAfter >= TimeSpan.Zero && Now - permit.FirstContent >= options.ProbeSucceedsAfter.Ticks)
            {
                End(permit, CircuitOutcome.Success);
            }
        }
    }

    public void End(Permit permit, CircuitOutcome outcome)
    {
        if (!IsAlive(permit))
        {
            return;
        }

        if (permit.IsProbe)
        {
            EndProbe(outcome);
        }
        else if (outcome != CircuitOutcome.Neutral)
        {
            EndCall(permit, outcome);
        }
    }

    public void CloseGate(TimeSpan? retryAfter)
    {
        var asked = Math.Min((retryAfter ?? options.MaxBreakDuration).Ticks, options.MaxGateDuration.Ticks);
        _gateUntil = Math.Max(_gateUntil, Now + (TimeSpan.FromTicks(Math.Max(0, asked)) * (1 + (0.1 * random))).Ticks);
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
        _gateUntil = 0;
        _failedProbes = 0;
        Move(CircuitState.Closed, CircuitTransitionReason.Reset);
    }

    private bool IsAlive(Permit permit) => permit.Generation == _generation && (!permit.IsProbe || permit == _probe);

    private void EndProbe(CircuitOutcome outcome)
    {
        _probe = null;
        if (outcome == CircuitOutcome.Failure)
        {
            _failedProbes++;
            Open(CircuitTransitionReason.ProbeFailed);
        }
        else if (outcome == CircuitOutcome.Success && ++_goodProbes == options.SuccessesToClose)
        {
            _failedProbes = 0;
            Move(CircuitState.Closed, CircuitTransitionReason.ProbeSucceeded);
        }
    }

    private void EndCall(Permit permit, CircuitOutcome outcome)
    {
        if (permit.FirstContent is null)
        {
            _calls.Add(Now);
        }

        if (outcome == CircuitOutcome.Success)
        {
            _row = 0;
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

    private void Open(CircuitTransitionReason reason)
    {
        var doubled = Math.Min(options.MaxBreakDuration.Ticks, options.BreakDuration.Ticks * Math.Pow(2, _failedProbes));
        var duration = TimeSpan.FromTicks((long)doubled) * (1 - (0.2 * random));
        _openUntil = Now + duration.Ticks;
        Move(CircuitState.Open, reason, duration);
    }

    private void Move(CircuitState to, CircuitTransitionReason reason, TimeSpan? duration = null)
    {
        if (to != _state)
        {
            Transitions.Add($"{_state} -> {to}: {reason} {duration}");
        }

        _state = to;
        _generation++;
        _row = _goodProbes = 0;
        _probe = null;
        _calls.Clear();
        _failures.Clear();
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
    }
}
