using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Timeouts;

/// <summary>The timeouts of an attempt.</summary>
internal sealed class TimeoutLayer() : ConfiguredLayer<ChatTimeoutOptions>("Timeouts")
{
    protected override void ReadOptions(ConfigurationReader reader, Action<Action<ChatTimeoutOptions>> change)
    {
        reader.Time(nameof(ChatTimeoutOptions.AttemptTimeout), value => change(o => o.AttemptTimeout = value));
        reader.Time(nameof(ChatTimeoutOptions.FirstContentTimeout), value => change(o => o.FirstContentTimeout = value));
        reader.Time(nameof(ChatTimeoutOptions.IdleTimeout), value => change(o => o.IdleTimeout = value));
    }

    protected override void ValidateOptions(ChatTimeoutOptions options, string owner) => options.Validate(owner);

    protected override LayeredClient Wrap(IChatClient client, ChatTimeoutOptions options, EndpointParts parts) => new(
        new TimeoutChatClient(client, options, parts.TimeProvider),
        $"timeout: attempt {DescribedTime.Of(options.AttemptTimeout)}, first content {DescribedTime.Of(options.FirstContentTimeout)}, "
        + $"idle {DescribedTime.Of(options.IdleTimeout)}");
}
