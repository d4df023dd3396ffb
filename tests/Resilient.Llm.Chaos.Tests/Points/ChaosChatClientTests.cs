using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>The client alone: what it hands on, and what it does itself.</summary>
public sealed class ChaosChatClientTests : IDisposable
{
    private readonly FaultLab _lab = new();

    [Fact]
    public async Task Client_NothingRuns_TheProvidersOwnTaskAndStreamComeBack()
    {
        var provider = new OneInstanceClient();
        using var client = new ChaosChatClient(provider, _lab.Chaos, "primary");

        Assert.Same(provider.Task, client.GetResponseAsync("question"));
        Assert.Same(provider.Stream, client.GetStreamingResponseAsync("question"));
        await provider.Task;
    }

    [Fact]
    public async Task Client_AnotherModelIsHit_TheProvidersOwnTaskAndEnumeratorComeBack()
    {
        var provider = new OneInstanceClient();
        using var client = new ChaosChatClient(provider, _lab.Chaos, "primary");
        using var other = new ChaosChatClient(provider, _lab.Chaos, "cheaper");
        _lab.Start(new(ChaosFaultKind.ServerError), target: new() { Models = ["cheaper"] });

        Assert.Same(provider.Task, client.GetResponseAsync("question"));
        await using var enumerator = client.GetStreamingResponseAsync("question").GetAsyncEnumerator();
        Assert.Same(provider.Stream, enumerator);
    }

    public void Dispose() => _lab.Dispose();

    /// <summary>Gives the same task and the same stream to everybody.</summary>
    private sealed class OneInstanceClient : IChatClient
    {
        public Task<ChatResponse> Task { get; } = System.Threading.Tasks.Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "answer")));

        public EmptyStream Stream { get; } = new();

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task;

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Stream;

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class EmptyStream : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
    {
        public ChatResponseUpdate Current => throw new InvalidOperationException("There is none.");

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(false);

        public ValueTask DisposeAsync() => default;
    }
}
