using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Routing;
using Resilient.Llm.Shared;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Fallback;

/// <summary>A ladder as configured: what all requests through it share.</summary>
/// <param name="Steps">Best first; the endpoints of one model are adjacent.</param>
/// <param name="Options">A private copy.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Events">Where events are reported.</param>
internal sealed record FallbackChain(Step[] Steps, ChatFallbackOptions Options, TimeProvider TimeProvider, ChatEvents Events)
{
    public TimeShare TimeShare { get; } = new(Options);

    /// <summary>The models with several endpoints; null if there are none and every request has the same order.</summary>
    public RoutedModel[]? Routed { get; init; }

    private readonly long _failbackDelay = TimeProvider.ToTimestampUnits(Options.FailbackDelay);

    /// <summary>Which endpoint holds which conversation; null if there is only one endpoint.</summary>
    public ConversationHolders? Conversations { get; } = Steps.Count(static step => step.Local is null) > 1 ? new() : null;

    /// <summary>Whether a caller who sent no conversation id gets none: something else than its holder may answer the next turn.</summary>
    public bool HidesConversationIds { get; init; }

    /// <summary>The steps in the order for one request.</summary>
    public Step[] StepsFor(RequestContext context, ResilientChatOptions options)
    {
        // A provider holds state for a bound request: if the holder is unknown, all processes try the same endpoint first.
        if (Routed is null || options.IsBound)
        {
            return Steps;
        }

        Step[] ordered = [.. Steps];
        foreach (var model in Routed)
        {
            model.Order(ordered, context.IsStreaming, options.SessionKey, TimeProvider, _failbackDelay);
        }

        return ordered;
    }
}
