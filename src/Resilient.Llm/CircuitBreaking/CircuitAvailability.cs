using Polly.CircuitBreaker;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Whether a circuit would let a call in; if not, why and until when.</summary>
/// <remarks>Takes no permit and no lock, and reads no clock while the circuit is closed without a cooldown.</remarks>
internal sealed class CircuitAvailability(
    TimeProvider timeProvider, CircuitStateMachine machine, BreakSchedule breaks, ProbeLease probe, Cooldown cooldown)
{
    private long _headStart;

    /// <summary>Sets how long after a break requests should leave the trial to an active probe; zero for not at all.</summary>
    public void GiveProbesHeadStart(TimeSpan duration) => Volatile.Write(ref _headStart, timeProvider.ToTimestampUnits(duration));

    public Availability Check()
    {
        var epoch = machine.Epoch;
        var coolingDown = cooldown.Remaining();
        switch (epoch.State)
        {
            case CircuitState.Closed:
                return coolingDown is not null ? CoolingDown(coolingDown)
                    : machine.RecoveredAt is { } at ? new(null, RecoveredAt: at)
                    : Availability.Open;
            case CircuitState.Isolated:
                return new(FailureKind.CircuitOpen, IsIsolated: true);
        }

        // A cooldown also refuses the calls that take slow answers.
        var isSlow = epoch.IsForSlowness && coolingDown is null;
        var now = timeProvider.GetTimestamp();
        if (epoch.State == CircuitState.HalfOpen && probe.IsHeld(now))
        {
            // The end of the probe is unknown, but calls are refused at least for the rest of the cooldown.
            return new(FailureKind.CircuitOpen, ReopensIn: coolingDown, IsSlow: isSlow, IsForRefusals: epoch.IsForRefusals);
        }

        if (epoch.State == CircuitState.Open)
        {
            var end = breaks.EndsAt;
            if (now < end)
            {
                var rest = timeProvider.GetElapsedTime(now, end);
                return new(
                    FailureKind.CircuitOpen,
                    ReopensIn: coolingDown > rest ? coolingDown : rest,
                    IsSlow: isSlow,
                    IsForRefusals: epoch.IsForRefusals);
            }

            if (coolingDown is null && now - end < Volatile.Read(ref _headStart))
            {
                return new(
                    FailureKind.CircuitOpen,
                    NeedsReservation: true,
                    IsSlow: isSlow,
                    IsLeftToProbe: true,
                    IsForRefusals: epoch.IsForRefusals);
            }
        }

        return coolingDown is not null
            ? CoolingDown(coolingDown)
            : new(null, NeedsReservation: true, IsForRefusals: epoch.IsForRefusals);
    }

    private static Availability CoolingDown(TimeSpan? remaining) => new(FailureKind.Rejected, ReopensIn: remaining);
}
