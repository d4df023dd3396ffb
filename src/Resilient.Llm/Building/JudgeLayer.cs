using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Judging;

namespace Resilient.Llm.Building;

/// <summary>
/// The judge of answers. It gives each attempt copies of its options and messages where clients of the application could change them.
/// </summary>
internal sealed class JudgeLayer() : ConfiguredLayer<NoOptions>(section: null)
{
    protected override LayeredClient Wrap(IChatClient client, NoOptions options, EndpointParts parts) => new(new AnswerJudgeChatClient(
        client,
        parts.Classifier,
        isolates: parts.Policies.Find<OwnClients>() is not null || parts.Policies.Find<InnermostClients>() is not null));
}

/// <summary>The options of a layer that has none to set.</summary>
internal sealed class NoOptions;
