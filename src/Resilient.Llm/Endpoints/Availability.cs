using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>The answer to "would a call be let through now?".</summary>
/// <param name="Refusal">Why not; null if it would.</param>
/// <param name="NeedsReservation">Whether the circuit is half-open and a probe permit must be reserved first.</param>
/// <param name="ReopensIn">How long until asking again makes sense; null when unknown or available.</param>
/// <param name="IsIsolated">Whether an operator took the endpoint out of service.</param>
/// <param name="IsSlow">
/// Whether it is refused only because the endpoint is slow. If no other can answer, an attempt with <see cref="AttemptPlan.TakesSlow"/> is
/// let in.
/// </param>
/// <param name="Region">The operator's setting for the endpoint's region.</param>
/// <param name="RecoveredAt">Timestamp at which a probe closed the circuit; null if it never opened, or an operator reset it since.</param>
/// <param name="IsLeftToProbe">
/// Whether it is refused only because an active probe is about to test the endpoint, so that no user's request has to. If no other answers,
/// a request may still do it.
/// </param>
/// <param name="IsForRefusals">
/// Whether it was taken out, or is on trial, because it refused requests without cause: its refusals say nothing about the request.
/// </param>
/// <param name="IsOwnLimit">Whether the application's own limit refuses. That limit's options say how long to wait.</param>
internal readonly record struct Availability(
    FailureKind? Refusal,
    bool NeedsReservation = false,
    TimeSpan? ReopensIn = null,
    bool IsIsolated = false,
    bool IsSlow = false,
    ChatRegionState Region = ChatRegionState.InService,
    long? RecoveredAt = null,
    bool IsOwnLimit = false,
    bool IsLeftToProbe = false,
    bool IsForRefusals = false)
{
    public static Availability Open => default;

    public bool IsAvailable => Refusal is null;

    /// <summary>Whether an outage or an operator keeps it from taking requests as usual. Refusals without cause are no outage.</summary>
    public bool IsOut => (!IsAvailable || NeedsReservation) && !IsForRefusals;

    /// <summary>Whether it is refused only because its region is drained (it may also be slow). It is asked last of all models.</summary>
    public bool IsDrained => Region == ChatRegionState.Drained;

    /// <summary>Whether the endpoint would still answer, and is let in when nothing better is left.</summary>
    public bool IsLastChoice => IsSlow || IsDrained;

    /// <summary>The first refusal of the two; a reservation is needed if either needs one, and it has recovered when both have.</summary>
    public Availability And(Availability inner) =>
        !IsAvailable ? this
        : !inner.IsAvailable ? inner
        : this with
        {
            NeedsReservation = NeedsReservation || inner.NeedsReservation,
            IsForRefusals = IsForRefusals || inner.IsForRefusals,
            RecoveredAt = inner.RecoveredAt > RecoveredAt || RecoveredAt is null ? inner.RecoveredAt : RecoveredAt,
        };
}
