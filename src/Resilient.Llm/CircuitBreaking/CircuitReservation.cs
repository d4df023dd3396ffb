using Resilient.Llm.Requests;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>A probe permit taken ahead of the call. The request context holds it until it is consumed or released.</summary>
internal sealed class CircuitReservation(CircuitBreaker breaker, CircuitPermit permit) : IReservation
{
    private int _isSpent;

    /// <summary>Whether the permit is one of <paramref name="candidate"/>: a context may hold that of another endpoint.</summary>
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
