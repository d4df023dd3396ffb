using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GameDay.Replay;

/// <summary>One client after the other: moves on at every exception, whatever it is, as long as no update has come, and has no time limit of its own.</summary>
/// <remarks>A baseline: the semantics of the experimental <c>OrderedFailoverChatClient</c> of Microsoft.Extensions.AI 10.11.</remarks>
internal sealed class OrderedFailover(params IReadOnlyList<IChatClient> clients) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                return await clients[i].GetResponseAsync(messages, options, cancellationToken);
            }
            catch (Exception) when (i + 1 < clients.Count && !cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: the next one.
            }
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; ; i++)
        {
            await using var stream = clients[i].GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            try
            {
                if (!await stream.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (Exception) when (i + 1 < clients.Count && !cancellationToken.IsCancellationRequested)
            {
                continue;
            }

            do
            {
                yield return stream.Current;
            }
            while (await stream.MoveNextAsync());

            yield break;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        foreach (var client in clients)
        {
            client.Dispose();
        }
    }
}
