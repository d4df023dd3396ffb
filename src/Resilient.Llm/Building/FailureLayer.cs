using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Building;

/// <summary>The failure table. It adds no client: every layer uses the classifier made from it.</summary>
internal sealed class FailureLayer() : ConfiguredLayer<ChatFailureOptions>("Failures")
{
    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatFailureOptions>> change) =>
        reader.Bool(nameof(ChatFailureOptions.RequireFinishReasonOnStreams), value => change(o => o.RequireFinishReasonOnStreams = value));

    protected override ChatFailureOptions Copy(ChatFailureOptions options) => options.Clone();

    protected override void ValidateOptions(ChatFailureOptions options, string owner) => options.Validate(owner);

    protected override LayeredClient Wrap(IChatClient client, ChatFailureOptions options, EndpointParts parts) => new(client);
}
