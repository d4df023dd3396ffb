namespace Resilient.Llm;

/// <summary>When stored answers are served.</summary>
public enum CachedAnswerMode
{
    /// <summary>Only when the models fail: any model's stored answer is served.</summary>
    OnFailure = 0,

    /// <summary>
    /// Before any model is asked. Serves only answers of the first step, so no answer is worse than without a cache. Identical concurrent
    /// questions share one upstream call.
    /// </summary>
    ReadThrough,
}
