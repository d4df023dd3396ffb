using Microsoft.Extensions.AI;
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

    /// <summary>The first endpoint, whose turns need no mark; null if there is no model.</summary>
    public Step? First { get; } = Array.Find(Steps, static step => step.Local is null);

    /// <summary>Which endpoint holds which conversation; null if there is only one endpoint.</summary>
    public ConversationHolders? Conversations { get; } = Steps.Count(static step => step.Local is null) > 1 ? new() : null;

    /// <summary>Whether a caller who sent no conversation id gets none: something else than its holder may answer the next turn.</summary>
    public bool HidesConversationIds { get; init; }

    /// <summary>The steps in the order for one request.</summary>
    public Step[] StepsFor(RequestContext context, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages)
    {
        // A provider holds state for a bound request: if the holder is unknown, all processes try the same endpoint first.
        if (options.IsBound)
        {
            return Steps;
        }

        var ordered = Steps;
        if (Routed is not null)
        {
            ordered = [.. Steps];
            foreach (var model in Routed)
            {
                model.Order(ordered, context.IsStreaming, options.SessionKey, TimeProvider, _failbackDelay);
            }
        }

        return TurnsForStep.IsToolTurnOpen(messages)
            && TurnsForStep.AuthorOfOpenTurn(messages, ordered) is { } author
            && (author.Level == 0 || options.AllowFallback)
            ? [author, .. ordered.Where(step => !ReferenceEquals(step, author))]
            : ordered;
    }
}
