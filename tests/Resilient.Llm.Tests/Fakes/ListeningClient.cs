using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Passes every call on, and reports it first.</summary>
/// <param name="inner">The client that answers.</param>
/// <param name="listen">Invoked with the messages and the options of each call, when its method is called.</param>
internal sealed class ListeningClient(IChatClient inner, Action<IEnumerable<ChatMessage>, ChatOptions?> listen) : DelegatingChatClient(inner)
{
    /// <summary>Adds a name to a list at every call, to show the order of several clients.</summary>
    public ListeningClient(IChatClient inner, string name, List<string> order)
        : this(inner, (_, _) => order.Add(name))
    {
    }

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        listen(messages, options);
        return base.GetResponseAsync(messages, options, cancellationToken);
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        listen(messages, options);
        return base.GetStreamingResponseAsync(messages, options, cancellationToken);
    }
}
