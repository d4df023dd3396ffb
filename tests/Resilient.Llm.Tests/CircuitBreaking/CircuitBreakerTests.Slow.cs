using Polly.CircuitBreaker;

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

        Assert.Equal(new Llm.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(15), IsSlow: true), circuit.Breaker.Check());
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SlowProbe_OpensForSlownessAgainAndDoublesTheBreak(bool isNoticedBefore)
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(15);
        var probe = circuit.Pend();
        Assert.True(probe.IsProbe);
        Assert.Equal(new Llm.Availability(FailureKind.CircuitOpen, IsSlow: true), circuit.Breaker.Check());
        circuit.Advance(2);
        Assert.True(!isNoticedBefore || circuit.Breaker.State == CircuitState.Open);

        circuit.Breaker.RecordContent(ref probe);
        circuit.Breaker.Record(probe, CircuitOutcome.Success);

        Assert.Equal(new Llm.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(30), IsSlow: true), circuit.Breaker.Check());
        Assert.Equal(CircuitTransitionReason.ProbeFailed, circuit.Transitions[^1].Reason);
        Assert.Equal([15, 30], Breaks(circuit));
    }

    [Theory]
    [InlineData(CircuitOutcome.Success)]
    [InlineData(CircuitOutcome.Neutral)]
    public void SlowProbe_EndsBeforeAnybodyAsked_HasFailedAllTheSame(object outcome)
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(15);
        var probe = circuit.Pend();
        circuit.Advance(2);

        circuit.Breaker.Record(probe, (CircuitOutcome)outcome);

        Assert.Equal((CircuitState.Open, true), (circuit.Breaker.State, circuit.Breaker.Check().IsSlow));
    }

    [Fact]
    public void SlowProbe_OfACircuitThatFailuresOpened_MakesItOneOpenForSlowness()
    {
        var circuit = CircuitHarness.WithSlowCalls().HalfOpened();
        circuit.Pend();
        Assert.False(circuit.Breaker.Check().IsSlow);
        circuit.Advance(2);

        Assert.True(circuit.Breaker.Check().IsSlow);
        Assert.Equal([15, 30], Breaks(circuit));
    }

    [Fact]
    public void Probe_FailsThoughLate_OpensForTheFailure()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(15);
        var probe = circuit.Pend();
        circuit.Advance(2);
        circuit.Breaker.Record(probe, CircuitOutcome.Failure);

        Assert.Equal((CircuitState.Open, false), (circuit.Breaker.State, circuit.Breaker.Check().IsSlow));
    }

    [Fact]
    public void Probe_ContentInTime_ClosesAsEver()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(15);
        var probe = circuit.Pend();
        circuit.Clock.Advance(TimeSpan.FromSeconds(2) - _tick);
        circuit.Breaker.RecordContent(ref probe);
        circuit.Advance(5);
        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.Breaker.RecordContent(ref probe);

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        Assert.False(circuit.Enter().IsProbe);
    }

    [Fact]
    public void Probe_CancelledInTime_FreesThePlaceAndIsNotSlowLater()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(15);
        circuit.Breaker.Record(circuit.Pend(), CircuitOutcome.Neutral);
        circuit.Advance(5);

        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.EnterAsProbe();
    }

    [Fact]
    public void TakesSlow_EntersWhileOpenAndWhileTheProbeIsOut()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        Assert.False(circuit.EnterLate().IsProbe);
        circuit.Advance(15);
        Assert.True(circuit.EnterLate().IsProbe);
        Assert.False(circuit.EnterLate().IsProbe);

        circuit.AssertRefused();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TakesSlow_ItsCallsFail_OpenTheCircuitForGood(bool isHalfOpen)
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(isHalfOpen ? 15 : 5);
        if (isHalfOpen)
        {
            circuit.EnterAsProbe();
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.True(circuit.Breaker.Check().IsSlow);
            circuit.Breaker.Record(circuit.EnterLate(), CircuitOutcome.Failure);
        }

        Assert.Equal(new Llm.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(30)), circuit.Breaker.Check());
        Assert.Equal((CircuitState.Open, CircuitTransitionReason.FailuresInWindow), (circuit.Transitions[^1].To, circuit.Transitions[^1].Reason));
        Assert.False(circuit.Breaker.TryEnter(null, takesSlow: true, out _));
    }

    [Fact]
    public void TakesSlow_ItsCallsFailInARow_OpenTheCircuitForGood()
    {
        var circuit = CircuitHarness.WithSlowCalls(o => (o.FailureThreshold, o.ConsecutiveFailures) = (5, 3)).OpenedForSlowness();
        for (var i = 0; i < 3; i++)
        {
            circuit.Breaker.Record(circuit.EnterLate(), CircuitOutcome.Failure);
        }

        Assert.Equal((CircuitTransitionReason.ConsecutiveFailures, false), (circuit.Transitions[^1].Reason, circuit.Breaker.Check().IsSlow));
    }

    [Fact]
    public void TakesSlow_ItsCallsAnswerLate_LeaveTheCircuitAsItIs()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        for (var i = 0; i < 10; i++)
        {
            var permit = circuit.EnterLate();
            circuit.Breaker.Watch(ref permit, circuit.Clock.GetTimestamp());
            circuit.Breaker.Record(permit, CircuitOutcome.Success);
        }

        Assert.Equal(new CircuitCounts(10, 0, 0), circuit.Breaker.Counts);
        Assert.Single(circuit.Transitions);
        Assert.True(circuit.Breaker.Check().IsSlow);
    }

    [Fact]
    public void TakesSlow_CircuitOpenedByFailures_IsRefused()
    {
        var circuit = CircuitHarness.WithSlowCalls().Opened();

        Assert.False(circuit.Breaker.TryEnter(null, takesSlow: true, out _));
        circuit.Advance(15);
        circuit.EnterAsProbe();
        Assert.False(circuit.Breaker.TryEnter(null, takesSlow: true, out _));
    }

    [Fact]
    public void TakesSlow_IsolatedByHand_IsRefused()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Breaker.Isolate();

        Assert.False(circuit.Breaker.TryEnter(null, takesSlow: true, out _));
        Assert.False(circuit.Breaker.Check().IsSlow);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public void TakesSlow_GateClosed_IsRefused(int seconds)
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(seconds);
        if (seconds > 0)
        {
            circuit.EnterAsProbe();
        }

        circuit.Breaker.CloseGate(TimeSpan.FromSeconds(5));
        Assert.False(circuit.Breaker.Check().IsSlow);
        Assert.False(circuit.Breaker.TryEnter(null, takesSlow: true, out _));
        circuit.Advance(5);

        circuit.EnterLate();
    }

    [Fact]
    public void Reset_OpenForSlowness_ClosesAndForgetsIt()
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Breaker.Reset();

        Assert.Equal(Llm.Availability.Open, circuit.Breaker.Check());
        circuit.Opened();
        Assert.False(circuit.Breaker.Check().IsSlow);
    }
}
