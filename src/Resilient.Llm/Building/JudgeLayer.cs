using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Judging;

namespace Resilient.Llm.Building;

/// <summary>
/// The judge of answers. It gives each attempt copies of its options and messages where clients of the application could change them.
/// </summary>
internal sealed class JudgeLayer : EndpointLayer
{
    public override LayeredClient Wrap(IChatClient client, EndpointParts parts) => new(new AnswerJudgeChatClient(
        client,
        parts.Classifier,
        isolates: parts.Policies.Find<OwnClients>() is not null || parts.Policies.Find<InnermostClients>() is not null));
}
