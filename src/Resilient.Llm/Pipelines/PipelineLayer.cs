using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Pipelines;

/// <summary>The application's Polly pipelines.</summary>
internal sealed class PipelineLayer() : ConfiguredLayer<OwnPipelines>(section: null)
{
    protected override int CountOwnCode(OwnPipelines options) => options.All.Count;

    protected override LayeredClient Wrap(IChatClient client, OwnPipelines options, EndpointParts parts)
    {
        for (var i = options.All.Count - 1; i >= 0; i--)
        {
            client = new PipelineChatClient(client, options.All[i]);
        }

        return new(client, options.All.Count == 0 ? null : FormattableString.Invariant($"pipelines of the application: {options.All.Count}"));
    }
}
