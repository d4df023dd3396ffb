using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Benchmarks;

/// <summary>A provider that takes no time: what remains is the cost of the layers above it.</summary>
internal sealed class InstantClient : IChatClient
{
    public const int Updates = 1_000;

    private readonly Task<ChatResponse> _response = Task.FromResult(
        new ChatResponse(new ChatMessage(ChatRole.Assistant, "An answer.")) { FinishReason = ChatFinishReason.Stop });

    private readonly ChatResponseUpdate[] _updates =
    [
        .. Enumerable.Range(0, Updates - 1).Select(static i => new ChatResponseUpdate(ChatRole.Assistant, "word ") { MessageId = "m1" }),
        new(ChatRole.Assistant, "end.") { MessageId = "m1", FinishReason = ChatFinishReason.Stop },
    ];

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => _response;

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in _updates)
        {
            yield return update;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
