using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Routing;
using Resilient.Llm.Shared;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Fallback;

/// <summary>A ladder as configured: what all requests through it share.</summary>
/// <param name="Steps">Best first; endpoints of one model stand together.</param>
/// <param name="Options">A copy of its own.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Events">Where events are reported.</param>
internal sealed record FallbackChain(Step[] Steps, ChatFallbackOptions Options, TimeProvider TimeProvider, ChatEvents Events)
{
    public TimeShare TimeShare { get; } = new(Options);

    /// <summary>The models with several endpoints; null where there is none, and the order is the same for every request.</summary>
    public RoutedModel[]? Routed { get; init; }

    private readonly long _failbackDelay = TimeProvider.ToTimestampUnits(Options.FailbackDelay);

    /// <summary>
    /// Which endpoint holds which conversation; null where there is only one model with one endpoint, which holds them all.
    /// </summary>
    public ConversationHolders? Conversations { get; } = Steps.Count(static step => step.Local is null) > 1 ? new() : null;

    /// <summary>The steps in the order in which one request is to ask them.</summary>
    public Step[] StepsFor(RequestContext context, ResilientChatOptions options)
    {
        // A provider holds state for a bound request: where its holder is not known, all processes try the same one first.
        if (Routed is null || FallbackRequest.IsBound(options))
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
