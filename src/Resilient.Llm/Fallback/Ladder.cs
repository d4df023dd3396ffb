namespace Resilient.Llm;

/// <summary>A ladder as configured: what all requests through it share.</summary>
/// <param name="Rungs">Best first.</param>
/// <param name="Options">A copy of its own.</param>
/// <param name="TimeProvider">The clock.</param>
/// <param name="Events">Who is told.</param>
internal sealed record Ladder(Rung[] Rungs, ChatFallbackOptions Options, TimeProvider TimeProvider, ChatEvents Events)
{
    public TimeShare TimeShare { get; } = new(Options);
}
