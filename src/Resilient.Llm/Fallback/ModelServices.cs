using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>What a ladder tells of its first model: metadata and the SDK's client, for code above that asks for them.</summary>
internal static class ModelServices
{
    /// <summary>Asks the client that the application gave for the first model. Null for what holds for that model alone.</summary>
    public static object? Find(Step[] steps, Type serviceType, object? serviceKey)
    {
        var service = Array.Find(steps, static step => step.Local is null)?.Given?.GetService(serviceType, serviceKey);
        return IsOfOneModel(service) || !serviceType.IsInstanceOfType(service) ? null : service;
    }

    /// <summary>
    /// Middleware of the application, a layer of this library, or the state of one. A ladder is reported: whether a model is a ladder is
    /// asked by those who call it.
    /// </summary>
    private static bool IsOfOneModel(object? service) =>
        service is not ILadder && service is DelegatingChatClient or IOutcomeChatClient or IAvailability or CircuitBreaker;
}
