using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SlowProbe_OpensForSlownessAgainAndDoublesTheBreak(bool isNoticedBefore)
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(15);
        var probe = circuit.Pend();
        Assert.True(probe.IsProbe);
        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.CircuitOpen, IsSlow: true), circuit.Breaker.Check());
        circuit.Advance(2);
        Assert.True(!isNoticedBefore || circuit.Breaker.State == CircuitState.Open);

        circuit.Breaker.RecordContent(ref probe);
        circuit.Breaker.Record(probe, CircuitOutcome.Success);

        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(30), IsSlow: true), circuit.Breaker.Check());
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

        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(30)), circuit.Breaker.Check());
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
            circuit.Breaker.Watch(ref permit, circuit.Clock.GetTimestamp(), isStreaming: false);
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
    public void TakesSlow_CoolingDown_IsRefused(int seconds)
    {
        var circuit = CircuitHarness.WithSlowCalls().OpenedForSlowness();
        circuit.Advance(seconds);
        if (seconds > 0)
        {
            circuit.EnterAsProbe();
        }

        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(5));
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

        Assert.Equal(Llm.Endpoints.Availability.Open, circuit.Breaker.Check());
        circuit.Opened();
        Assert.False(circuit.Breaker.Check().IsSlow);
    }
}
