using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

public sealed partial class CircuitBreakerTests
{
    [Fact]
    public void Reservation_OnAClosedCircuit_IsNotNeeded()
    {
        var circuit = new CircuitHarness();

        Assert.True(circuit.Breaker.TryReserve(out var reservation));
        Assert.Null(reservation);
    }

    [Fact]
    public void Reservation_Held_KeepsOthersAway()
    {
        var circuit = new CircuitHarness().HalfOpened();

        Assert.True(circuit.Breaker.TryReserve(out var reservation));
        Assert.NotNull(reservation);
        circuit.AssertRefused();
    }

    [Fact]
    public void Reservation_Consumed_IsTheProbe()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);

        Assert.True(circuit.Breaker.TryEnter(reservation, takesSlow: false, out var permit));
        Assert.True(permit.IsProbe);
        circuit.Breaker.Record(permit, CircuitOutcome.Success);
        Assert.Equal(CircuitState.Closed, circuit.Breaker.State);
    }

    [Fact]
    public void Reservation_ReleasedUnused_FreesThePlace()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);
        reservation!.Release();
        reservation.Release();

        circuit.EnterAsProbe();
    }

    [Fact]
    public void Reservation_ReleasedAfterItWasConsumed_DoesNothing()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);
        circuit.Breaker.TryEnter(reservation, takesSlow: false, out _);
        reservation!.Release();

        circuit.AssertRefused();
    }

    [Fact]
    public void Reservation_ConsumedTwice_IsOneProbeOnly()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);

        Assert.True(circuit.Breaker.TryEnter(reservation, takesSlow: false, out _));
        Assert.False(circuit.Breaker.TryEnter(reservation, takesSlow: false, out _));
    }

    [Fact]
    public void Reservation_ReleasedAfterAnotherTookOver_DoesNotFreeItsPlace()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var late);
        circuit.Advance(120);
        circuit.EnterAsProbe();
        late!.Release();

        circuit.AssertRefused();
    }

    [Fact]
    public void Reservation_UsedAfterAnotherTookOver_IsRefused()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var late);
        circuit.Advance(120);
        circuit.EnterAsProbe();

        Assert.False(circuit.Breaker.TryEnter(late, takesSlow: false, out _));
    }

    [Fact]
    public void Reservation_UsedLate_HasItsWholeLeaseAgain()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);
        circuit.Advance(119);
        Assert.True(circuit.Breaker.TryEnter(reservation, takesSlow: false, out _));
        circuit.Advance(119);

        circuit.AssertRefused();
    }

    [Fact]
    public void Reservation_CircuitClosedMeanwhile_EntersAsAnOrdinaryCall()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);
        circuit.Breaker.Reset();

        Assert.True(circuit.Breaker.TryEnter(reservation, takesSlow: false, out var permit));
        Assert.False(permit.IsProbe);
    }

    [Fact]
    public void Reservation_CooldownMeanwhile_IsRefusedAndReleased()
    {
        var circuit = new CircuitHarness().HalfOpened();
        circuit.Breaker.TryReserve(out var reservation);
        circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(1));

        Assert.False(circuit.Breaker.TryEnter(reservation, takesSlow: false, out _));
        circuit.Advance(1);
        circuit.EnterAsProbe();
    }

    [Fact]
    public void Reservation_OfAnotherCircuit_IsLeftAlone()
    {
        var one = new CircuitHarness().HalfOpened();
        var other = new CircuitHarness();
        one.Breaker.TryReserve(out var reservation);

        Assert.True(other.Breaker.TryEnter(reservation, takesSlow: false, out var permit));
        Assert.False(permit.IsProbe);
        Assert.True(one.Breaker.TryEnter(reservation, takesSlow: false, out var probe));
        Assert.True(probe.IsProbe);
    }
}
