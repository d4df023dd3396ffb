using Polly;

namespace Resilient.Llm.Pipelines;

/// <summary>The application's pipelines around an endpoint, outermost first.</summary>
internal sealed class OwnPipelines
{
    public List<ResiliencePipeline> All { get; } = [];
}
