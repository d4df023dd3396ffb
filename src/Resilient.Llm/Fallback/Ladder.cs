namespace Resilient.Llm;

/// <summary>A ladder as configured: what all requests through it share.</summary>
/// <param name="Rungs">Best first; endpoints of one model stand together.</param>
/// <param name="Options">A copy of its own.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Events">Who is told.</param>
internal sealed record Ladder(Rung[] Rungs, ChatFallbackOptions Options, TimeProvider TimeProvider, ChatEvents Events)
{
    public TimeShare TimeShare { get; } = new(Options);

    /// <summary>The models with several endpoints; null where there is none, and every request goes the same way.</summary>
    public RoutedModel[]? Routed { get; init; }

    private readonly long _failbackDelay = TimeProvider.ToTimestampUnits(Options.FailbackDelay);

    /// <summary>Who holds which conversation; null where there is only one model with one endpoint, which holds them all.</summary>
    public ConversationHolders? Conversations { get; } = Rungs.Count(static rung => rung.Local is null) > 1 ? new() : null;

    /// <summary>The rungs in the order in which one request is to ask them.</summary>
    public Rung[] RungsFor(RequestTrace trace, ResilientChatOptions options)
    {
        // State that a provider holds: where we do not know who, all processes try the same one first.
        if (Routed is null || LadderWalk.IsBound(options))
        {
            return Rungs;
        }

        Rung[] ordered = [.. Rungs];
        foreach (var model in Routed)
        {
            model.Order(ordered, trace.IsStreaming, options.SessionKey, TimeProvider, _failbackDelay);
        }

        return ordered;
    }
}
