using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Building;

/// <summary>The failure table. It adds no client: every layer uses the classifier made from it.</summary>
internal sealed class FailureLayer() : ConfiguredLayer<ChatFailureOptions>("Failures")
{
    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatFailureOptions>> change)
    {
        reader.Bool(nameof(ChatFailureOptions.RequireFinishReasonOnStreams), value => change(o => o.RequireFinishReasonOnStreams = value));
        reader.Section(nameof(ChatFailureOptions.Reactions), reactions =>
        {
            foreach (var kind in Enum.GetValues<FailureKind>())
            {
                reactions.Section(kind.ToString(), row => ReadReaction(row, kind, change));
            }
        });
    }

    protected override ChatFailureOptions Copy(ChatFailureOptions options) => options.Clone();

    protected override void ValidateOptions(ChatFailureOptions options, string owner) => options.Validate(owner);

    protected override LayeredClient Wrap(IChatClient client, ChatFailureOptions options, EndpointParts parts) => new(client);

    /// <summary>A row of the failure table: what is left out stays as it is built in.</summary>
    private static void ReadReaction(ConfigurationReader reader, FailureKind kind, Action<Action<ChatFailureOptions>> change)
    {
        var reaction = FailureTable.Of(kind).Reaction;
        reader.Bool(nameof(FailureReaction.RetrySameEndpoint), value => reaction = reaction with { RetrySameEndpoint = value });
        reader.Choice<HealthEffect>(nameof(FailureReaction.Health), value => reaction = reaction with { Health = value });
        reader.Bool(nameof(FailureReaction.StepDown), value => reaction = reaction with { StepDown = value });
        change(options => options.Reactions[kind] = reaction);
    }
}
