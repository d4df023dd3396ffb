using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Fact]
    public void Isolate_AnyTimeLater_StillRefuses()
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.Isolate();
        circuit.Breaker.Isolate();
        circuit.Advance(100_000);

        circuit.AssertRefused();
        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.CircuitOpen, IsIsolated: true), circuit.Breaker.Check());
        Assert.Equal(CircuitState.Isolated, circuit.Breaker.State);
        Assert.Equal(CircuitTransitionReason.Isolated, Assert.Single(circuit.Transitions).Reason);
    }

    [Fact]
    public void Isolate_CallsInProgress_NoLongerCount()
    {
        var circuit = new CircuitHarness().HalfOpened();
        var probe = circuit.EnterAsProbe();
        circuit.Breaker.Isolate();
        circuit.Breaker.RecordContent(ref probe);
        circuit.Breaker.Record(probe, CircuitOutcome.Success);

        Assert.Equal(CircuitState.Isolated, circuit.Breaker.State);
    }

    [Fact]
    public void Reset_WhateverTheState_ClosesAndForgets()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Failure);
        circuit.Breaker.Reset();
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        circuit.Opened();

        Assert.Equal([15, 30, 15], Breaks(circuit));
        circuit.Breaker.Isolate();
        circuit.Breaker.Reset();
        Assert.True(circuit.Breaker.Check().IsAvailable);
    }

    [Fact]
    public void Reset_OfAClosedCircuit_ForgetsCountsAndCallsInProgress()
    {
        var circuit = new CircuitHarness();
        circuit.Fail(4);
        var before = circuit.Enter();
        circuit.Breaker.Reset();
        circuit.Breaker.Record(before, CircuitOutcome.Failure);
        circuit.Fail(4);

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        Assert.Equal(new CircuitCounts(4, 4, 4), circuit.Breaker.Counts);
        Assert.Empty(circuit.Transitions);
    }

    [Fact]
    public void Reset_CoolingDown_EndsIt()
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(60));
        circuit.Breaker.Reset();

        Assert.True(circuit.Breaker.Check().IsAvailable);
    }

    [Fact]
    public void Transition_Raised_SaysWhatHappenedAndWhen()
    {
        var circuit = new CircuitHarness();
        circuit.Advance(3);
        circuit.Opened();

        Assert.Equal(
            new CircuitTransition(
                CircuitState.Closed, CircuitState.Open, CircuitTransitionReason.FailuresInWindow,
                circuit.Clock.GetUtcNow(), TimeSpan.FromSeconds(15)),
            Assert.Single(circuit.Transitions));
    }

    [Fact]
    public void Transition_HandlerThrows_NeitherFailsTheCallNorSilencesOthers()
    {
        var circuit = new CircuitHarness();
        var seen = 0;
        circuit.Breaker.Transitioned += _ => throw new InvalidOperationException();
        circuit.Breaker.Transitioned += _ => seen++;
        circuit.HalfOpened();
        circuit.EnterAsProbe();

        Assert.Equal(2, seen);
        Assert.Equal(2, circuit.Transitions.Count);
    }

    [Fact]
    public void Transition_HandlerCallsTheCircuit_IsDeliveredAfterwardsInOrder()
    {
        var clock = new ManualTimeProvider();
        var breaker = new CircuitBreaker(new() { FailureThreshold = 1 }, clock, () => 0);
        List<CircuitState> seen = [];
        breaker.Transitioned += t =>
        {
            if (t.To == CircuitState.Open)
            {
                breaker.Isolate();
                breaker.Reset();
            }

            seen.Add(t.To);
        };
        Assert.True(breaker.TryEnter(out var permit));
        breaker.Record(permit, CircuitOutcome.Failure);

        Assert.Equal([CircuitState.Open, CircuitState.Isolated, CircuitState.Closed], seen);
    }
}
