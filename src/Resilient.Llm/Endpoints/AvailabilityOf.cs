using Microsoft.Extensions.AI;

namespace Resilient.Llm.Endpoints;

/// <summary>Finds the layer inside a client that can be asked before it is called.</summary>
internal static class AvailabilityOf
{
    /// <summary>The client itself or the outermost such layer that it forwards to; null if there is none.</summary>
    public static IAvailability? Client(IChatClient client) =>
        client as IAvailability ?? client.GetService(typeof(IAvailability)) as IAvailability;
}
