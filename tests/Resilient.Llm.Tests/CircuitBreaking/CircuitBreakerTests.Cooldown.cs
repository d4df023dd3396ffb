using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Fact]
    public void Cooldown_Started_RefusesWithoutOpeningTheCircuit()
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(20));
        circuit.Advance(5);

        circuit.AssertRefused();
        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.Rejected, ReopensIn: TimeSpan.FromSeconds(15)), circuit.Breaker.Check());
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
        Assert.True(circuit.Breaker.IsCoolingDown);
        Assert.Empty(circuit.Transitions);
    }

    [Fact]
    public void Cooldown_TimeUp_ReopensFullyInTheSameGeneration()
    {
        var circuit = new CircuitHarness();
        circuit.Fail(2);
        var before = circuit.Enter();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(5));
        circuit.Clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        circuit.AssertRefused();
        circuit.Clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(Llm.Endpoints.Availability.Open, circuit.Breaker.Check());
        Assert.False(circuit.Breaker.IsCoolingDown);
        Assert.False(circuit.Enter().IsProbe);
        circuit.Breaker.Record(before, CircuitOutcome.Failure);
        Assert.Equal(new CircuitCounts(3, 3, 3), circuit.Breaker.Counts);
        Assert.Empty(circuit.Transitions);
    }

    [Theory]
    [InlineData(10, 40, 40)]
    [InlineData(40, 10, 40)]
    public void Cooldown_StartedAgain_TakesTheLater(double first, double second, double expected)
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(first));
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(second));

        Assert.Equal(TimeSpan.FromSeconds(expected), circuit.Breaker.ReopensIn);
    }

    [Fact]
    public void Cooldown_AbsurdRetryAfter_IsCapped()
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.StartCooldown(TimeSpan.FromDays(30));

        Assert.Equal(TimeSpan.FromMinutes(5), circuit.Breaker.ReopensIn);
    }

    [Fact]
    public void Cooldown_WithoutATime_LastsForTheLongestBreak()
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.StartCooldown(null);

        Assert.Equal(TimeSpan.FromMinutes(2), circuit.Breaker.ReopensIn);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Cooldown_NoTimeToWait_DoesNotStart(double seconds)
    {
        var circuit = new CircuitHarness();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(seconds));

        Assert.True(circuit.Breaker.Check().IsAvailable);
    }

    [Fact]
    public void Cooldown_Jitter_NeverEndsEarly()
    {
        var circuit = new CircuitHarness(randomness: () => 0.5);
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(20));

        Assert.Equal(TimeSpan.FromSeconds(21), circuit.Breaker.ReopensIn);
    }

    [Fact]
    public void Cooldown_StartedWhileOpen_OutlastsTheBreakAndThenNeedsAProbe()
    {
        var circuit = new CircuitHarness().Opened();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(40));
        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(40)), circuit.Breaker.Check());

        circuit.Advance(20);
        circuit.AssertRefused();
        Assert.Equal(new Llm.Endpoints.Availability(FailureKind.Rejected, ReopensIn: TimeSpan.FromSeconds(20)), circuit.Breaker.Check());
        circuit.Advance(20);
        circuit.EnterAsProbe();
    }

    [Fact]
    public void Cooldown_ProbeIsRateLimited_StaysHalfOpenForLater()
    {
        var circuit = new CircuitHarness().HalfOpened();
        var probe = circuit.EnterAsProbe();
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(20));
        circuit.Breaker.Record(probe, CircuitOutcome.Neutral);
        circuit.AssertRefused();
        circuit.Advance(20);

        Assert.Equal(CircuitState.HalfOpen, circuit.Breaker.State);
        circuit.EnterAsProbe();
    }
}
