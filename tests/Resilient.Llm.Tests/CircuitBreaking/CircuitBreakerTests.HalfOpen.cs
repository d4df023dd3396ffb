using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Fact]
    public void Break_OneTickBeforeItsEnd_StillRefuses()
    {
        var circuit = new CircuitHarness().Opened();
        circuit.Clock.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromTicks(1));
        circuit.AssertRefused();

        circuit.Clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        Assert.Equal(new Llm.Endpoints.Availability(null, NeedsReservation: true), circuit.Breaker.Check());
    }

    [Fact]
    public void Check_AfterTheBreak_ChangesNothing()
    {
        var circuit = new CircuitHarness().HalfOpened();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(circuit.Breaker.Check().NeedsReservation);
        }

        Assert.Single(circuit.Transitions);
        Assert.True(circuit.Enter().IsProbe);
    }

    [Fact]
    public void Probe_WhileOut_KeepsOthersAway()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.EnterAsProbe();

        circuit.AssertRefused();
        Assert.Equal(FailureKind.CircuitOpen, circuit.Breaker.Check().Refusal);
        Assert.Null(circuit.Breaker.ReopensIn);
        Assert.Equal(CircuitTransitionReason.BreakEnded, circuit.Transitions[^1].Reason);
    }

    [Fact]
    public void Probe_Succeeds_Closes()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Success);

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        Assert.Equal(CircuitTransitionReason.ProbeSucceeded, circuit.Transitions[^1].Reason);
        Assert.False(circuit.Enter().IsProbe);
        Assert.Equal(default, circuit.Breaker.Counts);
    }

    [Fact]
    public void Probe_SeveralSuccessesAsked_ClosesAtTheLast()
    {
        var circuit = new CircuitHarness(o => o.SuccessesToClose = 3).HalfOpened();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
            circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Success);
        }

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void Probe_FailsAfterASuccess_StartsTheCountOfSuccessesAnew()
    {
        var circuit = new CircuitHarness(o => o.SuccessesToClose = 2).HalfOpened();
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Success);
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Failure);
        circuit.Advance(30);
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Success);

        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
    }

    [Fact]
    public void Probe_KeepsFailing_DoublesTheBreakUpToTheMaximum()
    {
        var circuit = new CircuitHarness().Opened();
        for (var i = 0; i < 5; i++)
        {
            circuit.Clock.Advance(circuit.Breaker.ReopensIn!.Value);
            circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Failure);
        }

        Assert.Equal([15, 30, 60, 120, 120, 120], Breaks(circuit));
    }

    [Fact]
    public void Probe_SucceedsAfterFailures_ResetsTheDoubling()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Failure);
        circuit.Advance(30);
        circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Success);
        circuit.Opened();

        Assert.Equal([15, 30, 15], Breaks(circuit));
    }

    [Fact]
    public void Probe_Cancelled_FreesThePlaceAndProvesNothing()
    {
        var circuit = new CircuitHarness().HalfOpened();
        for (var i = 0; i < 20; i++)
        {
            circuit.Breaker.Record(circuit.EnterAsProbe(), CircuitOutcome.Neutral);
            Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        }

        circuit.EnterAsProbe();
        Assert.Equal([15], Breaks(circuit));
    }

    [Fact]
    public void Probe_Hangs_IsReplacedWhenItsLeaseRunsOut()
    {
        var circuit = new CircuitHarness().HalfOpened();
        var hung = circuit.EnterAsProbe();
        circuit.Clock.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromTicks(1));
        circuit.AssertRefused();
        circuit.Clock.Advance(TimeSpan.FromTicks(1));

        var second = circuit.EnterAsProbe();
        circuit.Breaker.Record(hung, CircuitOutcome.Success);
        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.Breaker.Record(hung, CircuitOutcome.Neutral);
        circuit.AssertRefused();
        circuit.Breaker.Record(hung, CircuitOutcome.Failure);
        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.Breaker.Record(second, CircuitOutcome.Success);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void Probe_EndsAfterItsLeaseButNobodyTookOver_StillCounts()
    {
        var circuit = new CircuitHarness().HalfOpened();
        var slow = circuit.EnterAsProbe();
        circuit.Advance(500);
        circuit.Breaker.Record(slow, CircuitOutcome.Success);

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Theory]
    [InlineData(CircuitOutcome.Success)]
    [InlineData(CircuitOutcome.Failure)]
    [InlineData(CircuitOutcome.Neutral)]
    public void StaleOutcome_OfCallFromBeforeTheOutage_ChangesNothing(object outcome)
    {
        var circuit = new CircuitHarness();
        var early = circuit.Enter();
        circuit.HalfOpened();
        circuit.Breaker.Record(early, (CircuitOutcome)outcome);
        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);

        var probe = circuit.EnterAsProbe();
        circuit.Breaker.Record(early, (CircuitOutcome)outcome);
        circuit.AssertRefused();
        circuit.Breaker.Record(probe, CircuitOutcome.Success);
        circuit.Breaker.Record(early, (CircuitOutcome)outcome);
        circuit.Breaker.RecordContent(ref early);

        Assert.Equal(default, circuit.Breaker.Counts);
        Assert.Equal(3, circuit.Transitions.Count);
    }

    [Fact]
    public void DefaultPermit_Recorded_ChangesNothing()
    {
        var circuit = new CircuitHarness(o => o.FailureThreshold = 1);
        circuit.Breaker.Record(default, CircuitOutcome.Failure);

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    private static IEnumerable<double> Breaks(CircuitHarness circuit) =>
        circuit.Transitions.Where(t => t.BreakDuration is not null).Select(t => t.BreakDuration!.Value.TotalSeconds);
}
