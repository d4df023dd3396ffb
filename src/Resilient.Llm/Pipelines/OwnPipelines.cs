using Polly;

namespace Resilient.Llm.Pipelines;

/// <summary>The pipelines of the application around an endpoint, outermost first.</summary>
internal sealed class OwnPipelines
{
    public List<ResiliencePipeline> All { get; } = [];
}
