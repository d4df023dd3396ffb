using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Fact]
    public void Stream_FirstContent_CountsTheCallOnce()
    {
        var circuit = new CircuitHarness();
        var permit = circuit.Enter();
        Assert.Equal(0, circuit.Breaker.Counts.Calls);

        for (var i = 0; i < 10; i++)
        {
            circuit.Breaker.RecordContent(ref permit);
        }

        Assert.Equal(1, circuit.Breaker.Counts.Calls);
        circuit.Breaker.Record(permit, CircuitOutcome.Success);
        Assert.Equal(new CircuitCounts(1, 0, 0), circuit.Breaker.Counts);
    }

    [Fact]
    public void Stream_BreaksAfterContent_CountsTheFailureWithoutAnotherCall()
    {
        var circuit = new CircuitHarness();
        var permit = circuit.Enter();
        circuit.Breaker.RecordContent(ref permit);
        circuit.Breaker.Record(permit, CircuitOutcome.Failure);

        Assert.Equal(new CircuitCounts(1, 1, 1), circuit.Breaker.Counts);
    }

    [Fact]
    public void Stream_KeepsBreakingMidway_OpensByTheRow()
    {
        var circuit = new CircuitHarness();
        for (var i = 0; i < 10; i++)
        {
            var permit = circuit.Enter();
            circuit.Breaker.RecordContent(ref permit);
            circuit.Advance(60);
            circuit.Breaker.Record(permit, CircuitOutcome.Failure);
        }

        // First content is no success: else such a row could never form.
        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void Stream_ConsumerWalksAway_KeepsTheCallAndNothingElse()
    {
        var circuit = new CircuitHarness();
        circuit.Fail();
        var permit = circuit.Enter();
        circuit.Breaker.RecordContent(ref permit);
        circuit.Breaker.Record(permit, CircuitOutcome.Neutral);

        Assert.Equal(new CircuitCounts(2, 1, 1), circuit.Breaker.Counts);
    }

    [Fact]
    public void Stream_LongOnesBreakTogether_OpenAlthoughTheirStartsLeftTheWindow()
    {
        var circuit = new CircuitHarness();
        var permits = Enumerable.Range(0, 5).Select(_ => circuit.Enter()).ToArray();
        for (var i = 0; i < permits.Length; i++)
        {
            circuit.Breaker.RecordContent(ref permits[i]);
        }

        circuit.Advance(60);
        Array.ForEach(permits, p => circuit.Breaker.Record(p, CircuitOutcome.Failure));

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void StreamingProbe_ShowsContentForFiveSeconds_ClosesBeforeItsEnd()
    {
        var circuit = new CircuitHarness().HalfOpened();
        var probe = circuit.EnterAsProbe();
        circuit.Advance(20);
        circuit.Breaker.RecordContent(ref probe);
        circuit.Clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        circuit.Breaker.RecordContent(ref probe);
        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);

        circuit.Clock.Advance(TimeSpan.FromTicks(1));
        circuit.Breaker.RecordContent(ref probe);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);

        circuit.Breaker.RecordContent(ref probe);
        circuit.Breaker.Record(probe, CircuitOutcome.Failure);
        Assert.Equal(default, circuit.Breaker.Counts);
    }

    [Fact]
    public void StreamingProbe_ShowsContent_RenewsItsLease()
    {
        var circuit = new CircuitHarness(o => o.ProbeSucceedsAfter = Timeout.InfiniteTimeSpan).HalfOpened();
        var probe = circuit.EnterAsProbe();
        for (var i = 0; i < 10; i++)
        {
            circuit.Advance(119);
            circuit.AssertRefused();
            circuit.Breaker.RecordContent(ref probe);
        }

        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.Breaker.Record(probe, CircuitOutcome.Success);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void StreamingProbe_Replaced_CannotRenewNorSucceed()
    {
        var circuit = new CircuitHarness().HalfOpened();
        var hung = circuit.EnterAsProbe();
        circuit.Breaker.RecordContent(ref hung);
        circuit.Advance(120);
        circuit.EnterAsProbe();
        circuit.Advance(60);
        circuit.Breaker.RecordContent(ref hung);
        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.Advance(60);

        circuit.EnterAsProbe();
    }

    [Fact]
    public void StreamingProbe_FirstContentSuffices_WhenSoConfigured()
    {
        var circuit = new CircuitHarness(o => o.ProbeSucceedsAfter = TimeSpan.Zero).HalfOpened();
        var probe = circuit.EnterAsProbe();
        circuit.Breaker.RecordContent(ref probe);

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Theory]
    [InlineData(9.999, CircuitOutcome.Neutral)]
    [InlineData(10.0, CircuitOutcome.Failure)]
    [InlineData(null, CircuitOutcome.Neutral)]
    public void Cancellation_ByTheCaller_CountsOnlyWhenTheCallWasSlow(double? seconds, object expected)
    {
        var breaker = new CircuitHarness().Breaker;

        Assert.Equal((CircuitOutcome)expected, breaker.OutcomeOfCancellation(seconds is { } s ? TimeSpan.FromSeconds(s) : null));
    }

    [Fact]
    public void Cancellation_SlowCallsSwitchedOff_NeverCounts()
    {
        var breaker = new CircuitHarness(o => o.CancelledCallThreshold = Timeout.InfiniteTimeSpan).Breaker;

        Assert.Equal(CircuitOutcome.Neutral, breaker.OutcomeOfCancellation(TimeSpan.FromHours(1)));
    }
}
