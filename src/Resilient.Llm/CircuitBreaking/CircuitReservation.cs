using Resilient.Llm.Requests;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>
/// A probe permit taken ahead of the call. It stays in the request's context until the breaker consumes it or the caller releases it.
/// </summary>
internal sealed class CircuitReservation(CircuitBreaker breaker, CircuitPermit permit) : IReservation
{
    private int _isSpent;

    /// <summary>Whether the permit is one of <paramref name="candidate"/>: a context may carry that of another endpoint.</summary>
    public bool IsFor(CircuitBreaker candidate) => ReferenceEquals(breaker, candidate);

    /// <summary>Hands the permit over, once.</summary>
    public bool TryConsume(out CircuitPermit consumed)
    {
        consumed = permit;
        return Interlocked.Exchange(ref _isSpent, 1) == 0;
    }

    /// <inheritdoc/>
    public void Release()
    {
        if (TryConsume(out var unused))
        {
            breaker.Record(unused, CircuitOutcome.Neutral);
        }
    }
}
