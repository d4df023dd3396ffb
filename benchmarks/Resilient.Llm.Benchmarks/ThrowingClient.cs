using Microsoft.Extensions.AI;

namespace Resilient.Llm.Benchmarks;

/// <summary>A provider that fails at once, with a new exception for each call.</summary>
internal sealed class ThrowingClient : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromException<ChatResponse>(Unavailable());

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw Unavailable();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private static HttpRequestException Unavailable() => new("503", null, System.Net.HttpStatusCode.ServiceUnavailable);
}
