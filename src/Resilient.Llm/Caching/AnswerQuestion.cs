namespace Resilient.Llm;

/// <summary>A request that can be cached.</summary>
/// <param name="Key">Computed before anybody could change the request.</param>
/// <param name="Residency">Where its data may go.</param>
/// <param name="Trace">The request's trace; null where no ladder stands above.</param>
/// <param name="AllowFallback">Whether the caller takes the answer of a lesser model.</param>
internal readonly record struct AnswerQuestion(AnswerKey Key, DataResidency Residency, RequestTrace? Trace, bool AllowFallback)
{
    public long Deadline => Trace?.Deadline ?? long.MaxValue;
}
