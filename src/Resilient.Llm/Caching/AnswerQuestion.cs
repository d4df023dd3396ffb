using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>A request that can be cached.</summary>
/// <param name="Key">Computed before the request could be changed.</param>
/// <param name="Residency">Where its data may go.</param>
/// <param name="Context">The request's trace; null where no ladder stands above.</param>
/// <param name="AllowFallback">Whether the caller takes the answer of a lesser model.</param>
internal readonly record struct AnswerQuestion(AnswerKey Key, DataResidency Residency, RequestContext? Context, bool AllowFallback)
{
    public long Deadline => Context?.Deadline ?? long.MaxValue;
}
