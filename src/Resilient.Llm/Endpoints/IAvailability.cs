using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>A layer that can say, before it is called, whether a call would be let through.</summary>
/// <remarks>Asking is not taking: <see cref="Check"/> takes nothing, though what has become true meanwhile may be noticed by asking. A layer composes its own state with that of the layer inside it.</remarks>
internal interface IAvailability
{
    /// <summary>Whether a call would be let through now. Nanoseconds, and lock-free while there is nothing to notice.</summary>
    Availability Check();

    /// <summary>
    /// Takes the one probe permit of a half-open circuit for the request that is about to call, and leaves it in its trace.
    /// False when another request has it: pass this candidate over.
    /// </summary>
    bool TryReserve(RequestContext context);
}
