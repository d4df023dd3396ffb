using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Endpoints;

/// <summary>Hedging. It adds no client: the fallback chain asks the endpoint's <see cref="HedgeTrigger"/>.</summary>
internal sealed class HedgingLayer() : ConfiguredLayer<ChatHedgingOptions>("Hedging")
{
    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatHedgingOptions>> change)
    {
        // The section alone enables hedging, with the defaults.
        change(static _ => { });
        reader.Time(nameof(ChatHedgingOptions.Delay), value => change(o => o.Delay = value));
        reader.Number(nameof(ChatHedgingOptions.Percentile), value => change(o => o.Percentile = value));
        reader.Time(nameof(ChatHedgingOptions.MinimumDelay), value => change(o => o.MinimumDelay = value));
        reader.Time(nameof(ChatHedgingOptions.InitialDelay), value => change(o => o.InitialDelay = value));
    }

    protected override void ValidateOptions(ChatHedgingOptions options, string owner) => options.Validate(owner);

    protected override LayeredClient Wrap(IChatClient client, ChatHedgingOptions options, EndpointParts parts)
    {
        var isOff = parts.Policies.Find<ChatHedgingOptions>() is null || options.Delay == Timeout.InfiniteTimeSpan;
        return new(client, isOff ? null
            : parts.HasHedgeCandidate ? $"hedging: the next model is asked too after {Wait(options)}"
            : "hedging: none, there is no model below");
    }

    private static string Wait(ChatHedgingOptions options) =>
        options.Delay is { } delay ? DescribedTime.Of(delay)
        : FormattableString.Invariant($"the usual time (percentile {options.Percentile}, ")
            + $"at least {DescribedTime.Of(options.MinimumDelay)}); "
            + (options.InitialDelay == Timeout.InfiniteTimeSpan ? "never" : DescribedTime.Of(options.InitialDelay))
            + " while that is unknown";
}
