using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Fact]
    public void Circuit_New_IsClosedAndLetsCallsThrough()
    {
        var circuit = new CircuitHarness();

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        Assert.Equal(Llm.Endpoints.Availability.Open, circuit.Breaker.Check());
        Assert.False(circuit.Enter().IsProbe);
    }

    [Fact]
    public void Circuit_FifthFailureWithinWindow_Opens()
    {
        var circuit = CircuitHarness.PureCount();
        circuit.Fail(4);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);

        circuit.Fail();

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
        Assert.Equal(CircuitTransitionReason.FailuresInWindow, Assert.Single(circuit.Transitions).Reason);
    }

    [Fact]
    public void Circuit_FiveFailuresExactlyAWindowApart_Opens()
    {
        var circuit = CircuitHarness.PureCount();
        circuit.Fail();
        circuit.Advance(5);
        circuit.Fail(3);
        circuit.Advance(5);
        circuit.Fail();

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_FiveFailuresOneTickMoreThanAWindowApart_StaysClosed()
    {
        var circuit = CircuitHarness.PureCount();
        circuit.Fail();
        circuit.Advance(5);
        circuit.Fail(3);
        circuit.Advance(5);
        circuit.Clock.Advance(TimeSpan.FromTicks(1));
        circuit.Fail();

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);

        // The first one has left the window; the next makes five of those that have not.
        circuit.Fail();
        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_FailuresSpreadOverElevenSeconds_StaysClosed()
    {
        var circuit = CircuitHarness.PureCount();
        for (var i = 0; i < 100; i++)
        {
            circuit.Fail();
            circuit.Advance(2.75);
        }

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_PureCountAmongManySuccesses_Opens()
    {
        var circuit = CircuitHarness.PureCount();
        for (var i = 0; i < 5; i++)
        {
            circuit.Succeed(100);
            circuit.Fail();
        }

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Theory]
    [InlineData(5, CircuitState.Open)]
    [InlineData(6, CircuitState.Closed)]
    public void Circuit_FailureRatio_OpensFromExactlyTheRatio(int successes, CircuitState expected)
    {
        var circuit = new CircuitHarness();
        circuit.Succeed(successes);
        circuit.Fail(5);

        Assert.Equal(expected, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_SuccessesOutsideTheWindow_NoLongerHoldTheRatioDown()
    {
        var circuit = new CircuitHarness();
        circuit.Succeed(100);
        circuit.Advance(10.21);
        circuit.Fail(5);

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_NeutralOutcomes_AreNoPartOfTheRatio()
    {
        var circuit = new CircuitHarness();
        circuit.Call(CircuitOutcome.Neutral, 100);
        circuit.Fail(5);

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_ConsecutiveFailuresHoursApart_Opens()
    {
        var circuit = new CircuitHarness();
        for (var i = 0; i < 9; i++)
        {
            circuit.Fail();
            circuit.Advance(3_600);
        }

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        circuit.Fail();

        Assert.Equal(CircuitState.Open, circuit.Breaker.State);
        Assert.Equal(CircuitTransitionReason.ConsecutiveFailures, Assert.Single(circuit.Transitions).Reason);
    }

    [Fact]
    public void Circuit_SuccessInBetween_StartsTheRowAnew()
    {
        var circuit = new CircuitHarness();
        for (var i = 0; i < 30; i++)
        {
            if (i % 9 == 8)
            {
                circuit.Succeed();
            }

            circuit.Fail();
            circuit.Advance(3_600);
        }

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(int.MaxValue)]
    public void Circuit_ConsecutiveFailuresSwitchedOff_StaysClosed(int? off)
    {
        var circuit = new CircuitHarness(o => o.ConsecutiveFailures = off);
        for (var i = 0; i < 200; i++)
        {
            circuit.Fail();
            circuit.Advance(60);
        }

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_WhileOpen_RefusesAndSaysWhenItReopens()
    {
        var circuit = new CircuitHarness().Opened();
        circuit.Advance(5);

        circuit.AssertRefused();
        Assert.Equal(FailureKind.CircuitOpen, circuit.Breaker.Check().Refusal);
        Assert.Equal(TimeSpan.FromSeconds(10), circuit.Breaker.Check().ReopensIn);
        Assert.Equal(TimeSpan.FromSeconds(10), circuit.Breaker.ReopensIn);
    }

    [Theory]
    [InlineData(0, 15)]
    [InlineData(0.5, 13.5)]
    [InlineData(0.9999999, 12)]
    public void Circuit_Break_IsJitteredDownwards(double random, double seconds)
    {
        var circuit = new CircuitHarness(randomness: () => random).Opened();

        Assert.Equal(seconds, circuit.Breaker.ReopensIn!.Value.TotalSeconds, 3);
        Assert.Equal(seconds, Assert.Single(circuit.Transitions).BreakDuration!.Value.TotalSeconds, 3);
    }

    [Fact]
    public void Circuit_SystemRandomness_StaysWithinTheJitter()
    {
        for (var i = 0; i < 100; i++)
        {
            var clock = new ManualTimeProvider();
            var breaker = new CircuitBreaker(new() { FailureThreshold = 1 }, clock);
            Assert.True(breaker.TryEnter(out var permit));
            breaker.Record(permit, CircuitOutcome.Failure);

            Assert.InRange(breaker.ReopensIn!.Value.TotalSeconds, 12, 15);
        }
    }

    [Fact]
    public void Circuit_OptionsChangedAfterwards_KeepsItsOwn()
    {
        var circuit = new CircuitHarness();
        circuit.Options.FailureThreshold = 1;
        circuit.Fail();

        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void Circuit_ClosedPath_AllocatesNothing()
    {
        var circuit = new CircuitHarness();
        Round(circuit.Breaker);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Round(circuit.Breaker);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Round(CircuitBreaker breaker)
        {
            if (breaker.Check().IsAvailable && breaker.TryEnter(out var permit))
            {
                breaker.RecordContent(ref permit);
                breaker.Record(permit, CircuitOutcome.Success);
            }
        }
    }
}
