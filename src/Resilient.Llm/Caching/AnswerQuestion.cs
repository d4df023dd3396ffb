using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>A request that can be cached.</summary>
/// <param name="Key">Computed before the request could be changed.</param>
/// <param name="Residency">Where its data may go.</param>
/// <param name="Context">The request context; null without a ladder above.</param>
/// <param name="AllowFallback">Whether the caller accepts the answer of a later step.</param>
internal readonly record struct AnswerQuestion(AnswerKey Key, DataResidency Residency, RequestContext? Context, bool AllowFallback)
{
    public long Deadline => Context?.Deadline ?? long.MaxValue;
}
