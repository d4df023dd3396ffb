using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Whatever happens in whatever order: the circuit does what the table says.</summary>
public sealed class CircuitBreakerModelTests
{
    private const int Sequences = 10_000;

    [Fact]
    public void Circuit_AnySequenceOfEvents_BehavesLikeTheTable()
    {
        // A fixed seed, so that a build fails for a change and not for luck. Change it to look further.
        var seed = new Replay(new Rnd(2026), FSharpOption<int>.None);
        var config = Config.QuickThrowOnFailure.WithMaxTest(Sequences).WithReplay(FSharpOption<Replay>.Some(seed));
        Check.One(config, Prop.ForAll(CircuitScenario.Arbitrary, scenario => new Run(scenario).Play()));
    }

    private sealed class Run
    {
        private readonly ManualTimeProvider _clock = new();
        private readonly long _start;
        private readonly CircuitBreaker _breaker;
        private readonly CircuitReferenceModel _model;
        private readonly CircuitScenario _scenario;
        private readonly List<string> _transitions = [];
        private readonly List<(CircuitPermit Real, CircuitReferenceModel.Permit Model)> _calls = [];
        private readonly List<(CircuitReservation Real, CircuitReferenceModel.Permit Model)> _reservations = [];

        public Run(CircuitScenario scenario)
        {
            _scenario = scenario;
            _start = _clock.GetTimestamp();
            var options = scenario.ToOptions();
            _breaker = new(options, _clock, () => scenario.Random);
            _breaker.Transitioned += t => _transitions.Add($"{t.From} -> {t.To}: {t.Reason} {t.BreakDuration}");
            _model = new(options, scenario.Random);
        }

        public void Play()
        {
            for (var i = 0; i < _scenario.Steps.Length; i++)
            {
                var at = (Number: i + 1, Step: _scenario.Steps[i]);
                Do(at.Step, at);
                if (at.Step.Act == Act.Advance && !_scenario.AsksAtOnce)
                {
                    continue;
                }

                AssertSame(_model.State, _breaker.State, "state", at);
                var availability = _breaker.Check();
                AssertSame(_model.Check(), availability with { RecoveredAt = availability.RecoveredAt - _start }, "availability", at);
                AssertSame(_model.Counts, _breaker.Counts, "counts", at);
                AssertSame(string.Join("; ", _model.Transitions), string.Join("; ", _transitions), "transitions", at);
            }
        }

        private void Do(CircuitAct step, (int, CircuitAct) at)
        {
            switch (step.Act)
            {
                case Act.Advance:
                    _clock.Advance(step.Time!.Value);
                    _model.Now += step.Time.Value.Ticks;
                    break;
                case Act.Enter:
                    Entered(_breaker.TryEnter(out var permit) ? permit : null, _model.Enter(), at);
                    break;
                case Act.Pend:
                    Entered(_breaker.TryEnter(out permit) ? permit : null, _model.Enter(), at, isPending: true);
                    break;
                case Act.PendLate:
                    Entered(_breaker.TryEnter(null, takesSlow: true, out permit) ? permit : null, _model.Enter(takesSlow: true), at, isPending: true);
                    break;
                case Act.Reserve:
                    Reserve(at);
                    break;
                case Act.UseReservation when Take(_reservations, step.Which) is { } held:
                    Entered(_breaker.TryEnter(held.Real, takesSlow: false, out permit) ? permit : null, _model.EnterReserved(held.Model), at, isPending: step.Which > 1);
                    break;
                case Act.ReleaseReservation when Take(_reservations, step.Which) is { } held:
                    held.Real.Release();
                    _model.End(held.Model, CircuitOutcome.Neutral);
                    break;
                case Act.Content when _calls.Count > 0:
                    var call = _calls[step.Which % _calls.Count];
                    _breaker.RecordContent(ref call.Real);
                    _model.Content(call.Model);
                    _calls[step.Which % _calls.Count] = call;
                    break;
                case Act.Succeed:
                    End(step, CircuitOutcome.Success);
                    break;
                case Act.Fail:
                    End(step, CircuitOutcome.Failure);
                    break;
                case Act.Cancel:
                    End(step, CircuitOutcome.Neutral);
                    break;
                case Act.StartCooldown:
                    _breaker.StartCooldown(step.Time);
                    _model.StartCooldown(step.Time);
                    break;
                case Act.Isolate:
                    _breaker.Isolate();
                    _model.Isolate();
                    break;
                case Act.Reset:
                    _breaker.Reset();
                    _model.Reset();
                    break;
            }
        }

        private void Reserve((int, CircuitAct) at)
        {
            var isAvailable = _breaker.TryReserve(out var reservation);
            var expected = _model.Enter();
            AssertSame(expected is not null, isAvailable, "reserved", at);
            AssertSame(expected is { IsProbe: true }, reservation is not null, "reservation needed", at);
            if (reservation is not null)
            {
                _reservations.Add((reservation, expected!));
            }
        }

        private void Entered(CircuitPermit? real, CircuitReferenceModel.Permit? expected, (int, CircuitAct) at, bool isPending = false)
        {
            AssertSame(expected is not null, real is not null, "entered", at);
            AssertSame(expected?.IsProbe, real?.IsProbe, "is probe", at);
            if (real is { } permit)
            {
                if (isPending)
                {
                    _breaker.Watch(ref permit, _clock.GetTimestamp(), isStreaming: false);
                    _model.Watch(expected!);
                }

                _calls.Add((permit, expected!));
            }
        }

        private void End(CircuitAct step, CircuitOutcome outcome)
        {
            if (Take(_calls, step.Which) is { } call)
            {
                _breaker.Record(call.Real, outcome);
                _model.End(call.Model, outcome);
            }
        }

        private static T? Take<T>(List<T> list, int which)
            where T : struct
        {
            if (list.Count == 0)
            {
                return null;
            }

            var item = list[which % list.Count];
            list.RemoveAt(which % list.Count);
            return item;
        }

        private static void AssertSame<T>(T expected, T actual, string what, (int Number, CircuitAct Step) at)
        {
            if (!EqualityComparer<T>.Default.Equals(expected, actual))
            {
                Assert.Fail($"After step {at.Number} ({at.Step}) the table says {what}: {expected}, the circuit says: {actual}.");
            }
        }
    }
}
