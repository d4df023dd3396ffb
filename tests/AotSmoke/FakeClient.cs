using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace AotSmoke;

/// <summary>Answers with one text, or fails with whatever it is given.</summary>
internal sealed class FakeClient(string answer) : IChatClient
{
    public Func<Exception>? Fails { get; set; }

    /// <summary>The raw representation of its answers.</summary>
    public object? Raw { get; set; }

    public int Calls { get; private set; }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Calls++;
        return Fails is { } fails
            ? Task.FromException<ChatResponse>(fails())
            : Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer)) 
            {
                FinishReason = ChatFinishReason.Stop,
                RawRepresentation = Raw,
            });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var response = await GetResponseAsync(messages, options, cancellationToken);
        foreach (var update in response.ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
