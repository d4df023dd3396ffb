using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    private static readonly TimeSpan _tick = TimeSpan.FromTicks(1);

    [Fact]
    public void SlowCalls_StillPending_OpenTheCircuitForSlowness()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        circuit.Pend(5);
        circuit.Clock.Advance(TimeSpan.FromSeconds(2) - _tick);
        Assert.True(circuit.Breaker.Check().IsAvailable);
        Assert.Equal(default, circuit.Breaker.Counts);

        circuit.Clock.Advance(_tick);

        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(15), IsSlow: true), circuit.Breaker.Check());
        var transition = Assert.Single(circuit.Transitions);
        Assert.Equal((CircuitState.Closed, CircuitState.Open, CircuitTransitionReason.SlowCalls), (transition.From, transition.To, transition.Reason));
        circuit.AssertRefused();
    }

    [Theory]
    [InlineData("state")]
    [InlineData("counts")]
    [InlineData("enter")]
    [InlineData("reserve")]
    [InlineData("another call")]
    [InlineData("another content")]
    public void SlowCalls_StillPending_AreNoticedByWhoeverComes(string who)
    {
        var circuit = CircuitHarness.WithSlowCalls();
        circuit.Pend(5);
        circuit.Advance(1);
        var other = circuit.Enter();
        circuit.Advance(1);

        _ = who switch
        {
            "state" => circuit.Breaker.State == CircuitState.Open,
            "counts" => circuit.Breaker.Counts == default,
            "enter" => circuit.Breaker.TryEnter(out _),
            "reserve" => circuit.Breaker.TryReserve(out _),
            "another call" => Do(() => circuit.Breaker.Record(other, CircuitOutcome.Success)),
            _ => Do(() => circuit.Breaker.RecordContent(ref other)),
        };

        Assert.Equal(CircuitTransitionReason.SlowCalls, Assert.Single(circuit.Transitions).Reason);

        static bool Do(Action act)
        {
            act();
            return true;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-1)]
    public void SlowCalls_SwitchedOff_AreNotWatched(int? milliseconds)
    {
        var circuit = new CircuitHarness(o => o.SlowCallDuration = milliseconds is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
        Assert.All(circuit.Pend(50), static permit => Assert.Null(permit.Pending));
        circuit.Advance(1_000);

        Assert.Equal((CircuitState.Closed, default(CircuitCounts)), (circuit.Breaker.State, circuit.Breaker.Counts));
    }

    [Fact]
    public void SlowCalls_FewerThanTheRatio_DoNotOpen()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        circuit.Succeed(6);
        circuit.Pend(5);
        circuit.Advance(2);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        Assert.Equal(new CircuitCounts(11, 0, 0, SlowCalls: 5), circuit.Breaker.Counts);

        circuit.Pend();
        circuit.Advance(2);

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void SlowCalls_FewerThanTheThreshold_DoNotOpen()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        circuit.Pend(4);
        circuit.Advance(2);

        Assert.Equal(new CircuitCounts(4, 0, 0, SlowCalls: 4), circuit.Breaker.Counts);
        circuit.Advance(11);
        circuit.Pend(4);
        circuit.Advance(2);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void SlowCalls_FastOnesBetween_AreNotCountedAsSlow()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        for (var i = 0; i < 20; i++)
        {
            var permit = circuit.Pend();
            circuit.Clock.Advance(TimeSpan.FromSeconds(2) - _tick);
            circuit.Breaker.Record(permit, CircuitOutcome.Success);
        }

        Assert.Equal((CircuitState.Closed, 0), (circuit.Breaker.State, circuit.Breaker.Counts.SlowCalls));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SlowCall_ContentComesLate_IsCountedOnce(bool isNoticedBefore)
    {
        var circuit = CircuitHarness.WithSlowCalls();
        var permit = circuit.Pend();
        circuit.Advance(3);
        Assert.True(!isNoticedBefore || circuit.Breaker.Counts.SlowCalls == 1);

        circuit.Breaker.RecordContent(ref permit);
        circuit.Breaker.RecordContent(ref permit);
        circuit.Breaker.Record(permit, CircuitOutcome.Success);

        Assert.Equal(new CircuitCounts(1, 0, 0, SlowCalls: 1), circuit.Breaker.Counts);
    }

    [Theory]
    [InlineData(true, CircuitOutcome.Success, 0)]
    [InlineData(false, CircuitOutcome.Success, 0)]
    [InlineData(true, CircuitOutcome.Failure, 1)]
    [InlineData(false, CircuitOutcome.Failure, 1)]
    [InlineData(true, CircuitOutcome.Neutral, 0)]
    [InlineData(false, CircuitOutcome.Neutral, 0)]
    public void SlowCall_EndsLate_IsCountedOnce(bool isNoticedBefore, object outcome, int failures)
    {
        var circuit = CircuitHarness.WithSlowCalls();
        var permit = circuit.Pend();
        circuit.Advance(3);
        Assert.True(!isNoticedBefore || circuit.Breaker.Counts.SlowCalls == 1);

        circuit.Breaker.Record(permit, (CircuitOutcome)outcome);

        Assert.Equal(new CircuitCounts(1, failures, failures, SlowCalls: 1), circuit.Breaker.Counts);
    }

    [Fact]
    public void SlowCall_CancelledBeforeItIsSlow_IsNeutral()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        for (var i = 0; i < 20; i++)
        {
            var permit = circuit.Pend();
            circuit.Clock.Advance(TimeSpan.FromSeconds(2) - _tick);
            circuit.Breaker.Record(permit, CircuitOutcome.Neutral);
        }

        circuit.Advance(5);
        Assert.Equal((CircuitState.Closed, default(CircuitCounts)), (circuit.Breaker.State, circuit.Breaker.Counts));
    }

    [Fact]
    public void SlowCalls_EndInFailuresBeforeAnybodyAsked_OpenForTheFailures()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        for (var i = 0; i < 5; i++)
        {
            var permit = circuit.Pend();
            circuit.Advance(2);
            circuit.Breaker.Record(permit, CircuitOutcome.Failure);
        }

        // Both would do: that nothing comes at all weighs more than that it comes late.
        Assert.Equal(CircuitTransitionReason.FailuresInWindow, Assert.Single(circuit.Transitions).Reason);
        Assert.False(circuit.Breaker.Check().IsSlow);
    }

    [Fact]
    public void SlowCalls_OfAnOlderGeneration_AreForgotten()
    {
        var circuit = CircuitHarness.WithSlowCalls();
        var permits = circuit.Pend(5);
        circuit.Breaker.Reset();
        circuit.Advance(2);
        Array.ForEach(permits, p => circuit.Breaker.Record(p, CircuitOutcome.Success));

        Assert.Equal((CircuitState.Closed, default(CircuitCounts)), (circuit.Breaker.State, circuit.Breaker.Counts));
    }
}
