using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>The answer to "would a call be let through now?".</summary>
/// <param name="Refusal">Why not; null when it would.</param>
/// <param name="NeedsReservation">Whether the circuit is half-open and a probe permit must be reserved first.</param>
/// <param name="ReopensIn">How long until asking again makes sense; null when unknown or available.</param>
/// <param name="IsIsolated">Whether an operator took the endpoint out of service.</param>
/// <param name="IsSlow">
/// Whether it is refused only because the endpoint is slow: it would answer, late. Where no other can, an attempt with <see cref="AttemptPlan.TakesSlow"/> is let in.
/// </param>
/// <param name="Region">What the operator said of the endpoint's region.</param>
/// <param name="RecoveredAt">Timestamp at which a probe closed the circuit again; null where it never opened, or an operator reset it since.</param>
/// <param name="IsLeftToProbe">
/// Whether it is refused only because an active probe is about to find out whether the endpoint is back, so that no user pays for it. Where no other answers, a request may do it after all.
/// </param>
/// <param name="IsOwnLimit">Whether it is a limit of the application's own that refuses. How long to wait for that, the limit's options say.</param>
internal readonly record struct Availability(
    FailureKind? Refusal,
    bool NeedsReservation = false,
    TimeSpan? ReopensIn = null,
    bool IsIsolated = false,
    bool IsSlow = false,
    ChatRegionState Region = ChatRegionState.InService,
    long? RecoveredAt = null,
    bool IsOwnLimit = false,
    bool IsLeftToProbe = false)
{
    public static Availability Open => default;

    public bool IsAvailable => Refusal is null;

    /// <summary>Whether it is refused because the operator drains its region, and would otherwise be let through, or be slow. It is asked last of all models.</summary>
    public bool IsDrained => Region == ChatRegionState.Drained;

    /// <summary>Whether the endpoint would answer all the same, and is let in when nothing better is left.</summary>
    public bool IsLastChoice => IsSlow || IsDrained;

    /// <summary>The first refusal of the two; a reservation is needed if either needs one, and it has recovered when both have.</summary>
    public Availability And(Availability inner) =>
        !IsAvailable ? this
        : !inner.IsAvailable ? inner
        : this with
        {
            NeedsReservation = NeedsReservation || inner.NeedsReservation,
            RecoveredAt = inner.RecoveredAt > RecoveredAt || RecoveredAt is null ? inner.RecoveredAt : RecoveredAt,
        };
}
