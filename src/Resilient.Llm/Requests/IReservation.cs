namespace Resilient.Llm.Requests;

/// <summary>A probe permit that a request holds until its breaker consumes it or the asker gives it back.</summary>
internal interface IReservation
{
    /// <summary>Gives the permit back unused. Idempotent; does nothing once the breaker has consumed it.</summary>
    void Release();
}
