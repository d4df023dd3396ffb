using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Retries;

/// <summary>Retries. Active probes bypass them: the next probe is the retry.</summary>
internal sealed class RetryLayer() : ConfiguredLayer<ChatRetryOptions>("Retries")
{
    public override bool IsProbed => false;

    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatRetryOptions>> change)
    {
        reader.Whole(nameof(ChatRetryOptions.MaxRetries), value => change(o => o.MaxRetries = value));
        reader.Time(nameof(ChatRetryOptions.BaseDelay), value => change(o => o.BaseDelay = value));
        reader.Time(nameof(ChatRetryOptions.MaxDelay), value => change(o => o.MaxDelay = value));
        reader.Time(nameof(ChatRetryOptions.MaxRetryAfter), value => change(o => o.MaxRetryAfter = value));
        reader.Number(nameof(ChatRetryOptions.BudgetRatio), value => change(o => o.BudgetRatio = value));
        reader.Whole(nameof(ChatRetryOptions.BudgetFloor), value => change(o => o.BudgetFloor = value));
    }

    protected override void ValidateOptions(ChatRetryOptions options, string owner) => options.Validate(owner);

    protected override LayeredClient Wrap(IChatClient client, ChatRetryOptions options, EndpointParts parts) => new(
        new RetryChatClient(client, options, parts.Classifier, parts.TimeProvider, parts.Randomizer, parts.Events, parts.RetryBudget),
        options.MaxRetries == 0
            ? "retries: none"
            : FormattableString.Invariant($"retries: {options.MaxRetries}, ")
                + $"from {DescribedTime.Of(options.BaseDelay)} to {DescribedTime.Of(options.MaxDelay)}");
}
