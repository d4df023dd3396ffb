using Resilient.Llm.Requests;

namespace Resilient.Llm.Endpoints;

/// <summary>A layer that can say, before it is called, whether a call would be let through.</summary>
/// <remarks>
/// <see cref="Check"/> takes nothing, though asking may reveal a state change that time has brought. A layer combines its own state with
/// that of the layer inside it.
/// </remarks>
internal interface IAvailability
{
    /// <summary>Whether a call would be let through now. Takes nanoseconds, and no lock while no state change is due.</summary>
    Availability Check();

    /// <summary>
    /// Takes the one probe permit of a half-open circuit for the request that is about to call, and stores it in its context. False if
    /// another request has it: skip this step.
    /// </summary>
    bool TryReserve(RequestContext context);

    /// <summary>Takes the endpoint out for a break: it is at fault for the requests that it refuses (<see cref="RefusalWatch"/>).</summary>
    void OpenForRefusals();
}
