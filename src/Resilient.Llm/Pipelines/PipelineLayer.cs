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

        var count = options.All.Count;
        return new(client, count == 0 ? null : FormattableString.Invariant($"pipelines of the application: {count}"));
    }
}
