using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

internal sealed class MeddlingClient(IChatClient inner, List<(float?, int, string?, string)> seen) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetResponseAsync(Meddle(messages, options!), options, cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetStreamingResponseAsync(Meddle(messages, options!), options, cancellationToken);

    private IEnumerable<ChatMessage> Meddle(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        seen.Add((options.Temperature, options.Tools!.Count, (string?)options.AdditionalProperties!["key"], messages.First().Text));
        options.Temperature = 2;
        options.Tools.Add(new HostedWebSearchTool());
        options.AdditionalProperties["key"] = "meddled";
        options.ModelId = "meddled";
        var list = (IList<ChatMessage>)messages;
        list[0] = new(ChatRole.User, "meddled");
        return list;
    }
}
