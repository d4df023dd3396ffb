namespace Resilient.Llm.Chaos;

/// <summary>A span of time.</summary>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it is over: the first moment that is no part of it.</param>
public readonly record struct TimeWindow(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>How long it lasts.</summary>
    public TimeSpan Length => End - Start;
}
