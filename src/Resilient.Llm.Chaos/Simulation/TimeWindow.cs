namespace Resilient.Llm.Chaos;

/// <summary>A span of time.</summary>
/// <param name="Start">The start, included.</param>
/// <param name="End">The end, excluded.</param>
public readonly record struct TimeWindow(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>Gets the length.</summary>
    public TimeSpan Length => End - Start;
}
