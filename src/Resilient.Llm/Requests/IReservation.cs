namespace Resilient.Llm.Requests;

/// <summary>A probe permit that a request holds until the circuit breaker uses it or the request returns it.</summary>
internal interface IReservation
{
    /// <summary>Returns the permit unused. Idempotent; does nothing once the circuit breaker has used it.</summary>
    void Release();
}
