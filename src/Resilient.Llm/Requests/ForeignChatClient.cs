using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>A client from outside this library: what it throws, at once or in its task, becomes an outcome.</summary>
internal sealed class ForeignChatClient(IChatClient client) : IOutcomeChatClient
{
    public OutcomeTask TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var call = client.GetResponseAsync(messages, options, cancellationToken);
            return call.IsCompleted ? CallOutcome.Of(call) : AwaitAsync(call);
        }
        catch (Exception exception)
        {
            return new(new CallOutcome(exception));
        }
    }

    private static async Task<CallOutcome> AwaitAsync(Task<ChatResponse> call)
    {
        await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return CallOutcome.Of(call);
    }
}
