namespace Resilient.Llm;

/// <summary>When stored answers are served.</summary>
public enum CachedAnswerMode
{
    /// <summary>Only when the models fail: a stored answer of any model is better than none.</summary>
    OnFailure = 0,

    /// <summary>
    /// Before any model is asked. Serves only answers that came from the first rung, so nobody gets a lesser answer than without a cache.
    /// Identical questions asked at the same time share one upstream call.
    /// </summary>
    ReadThrough,
}
