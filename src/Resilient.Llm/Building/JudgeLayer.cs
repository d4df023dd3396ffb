using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Judging;

namespace Resilient.Llm.Building;

/// <summary>
/// The judge of answers. Gives each attempt copies of its options and messages where application clients could change them.
/// </summary>
internal sealed class JudgeLayer() : ConfiguredLayer<NoOptions>(section: null)
{
    protected override LayeredClient Wrap(IChatClient client, NoOptions options, EndpointParts parts) => new(new AnswerJudgeChatClient(
        client,
        parts.Classifier,
        isolates: parts.Policies.Find<OwnClients>() is not null || parts.Policies.Find<InnermostClients>() is not null));
}

internal sealed class NoOptions;
