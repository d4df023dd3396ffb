using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A model's provider in a run: does with each call what the run's seed says, and works when the run is over.</summary>
internal sealed class SurvivalProvider(SurvivalRun run, string name, int index) : IChatClient
{
    private int _calls;

    /// <summary>After the run it does.</summary>
    public bool Works { get; set; }

    public string Name => name;

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Works
            ? Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"{name} works")))
            : CollectAsync(Begin([.. messages], options, isStreaming: false, cancellationToken), cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Works ? new HealthyStream(name) : Begin([.. messages], options, isStreaming: true, cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private static async Task<ChatResponse> CollectAsync(ProviderStream stream, CancellationToken cancellationToken) =>
        await stream.ToChatResponseAsync(cancellationToken).ConfigureAwait(false);

    private ProviderStream Begin(ChatMessage[] messages, ChatOptions? options, bool isStreaming, CancellationToken cancellationToken)
    {
        var number = ++_calls;
        var isContinuation = messages.Length > 2 && messages[^1].Text == SurvivalSettings.Instruction;
        var call = new ProviderCall(name, run.Calls.Count + 1, run.RequestOf(messages), isStreaming)
        {
            Partial = isContinuation ? messages[^2].Text : null,
            MaxOutputTokens = options?.MaxOutputTokens,
            StartedAt = run.Now,
        };
        call.Script = ProviderScripts.For(call, Draw.For(run.Seed, index, number));
        run.Calls.Add(call);
        run.Log.Add(call.Name, $"called for {call.Request}{(call.Partial is null ? "" : $" to continue '{call.Partial}'")}");
        if (call.Script.Opening == Opening.MethodThrows)
        {
            call.Failure = ProviderScripts.Exception(call.Script.OpeningFault, call.Name);
            run.Log.Add(call.Name, $"refuses with {call.Failure.GetType().Name} {call.Script.OpeningFault}");
            throw call.Failure;
        }

        return new(run, call, cancellationToken);
    }

    /// <summary>Shows its first content at once and stays open until it is read on: so a permit is held as long as the reader likes.</summary>
    private sealed class HealthyStream(string name) : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
    {
        private int _moves;

        public ChatResponseUpdate Current { get; private set; } = null!;

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync()
        {
            _moves++;
            Current = _moves == 1 ? new(ChatRole.Assistant, $"{name} works") : new() { FinishReason = ChatFinishReason.Stop };
            return new(_moves <= 2);
        }

        public ValueTask DisposeAsync() => default;
    }
}
