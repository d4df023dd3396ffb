using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A provider that looks at each question and either answers with its name or fails, after its first wait as real ones do.</summary>
internal sealed class RefusingClient(string name, Func<string, Exception?> refuses) : IChatClient
{
    private readonly List<(string Question, ChatOptions? Options)> _calls = [];

    public RefusingClient(string name)
        : this(name, static _ => null)
    {
    }

    /// <summary>Which questions fail, and with what.</summary>
    public Func<string, Exception?> Refuses { get; set; } = refuses;

    public IReadOnlyList<(string Question, ChatOptions? Options)> Calls => _calls;

    public int CallCount => _calls.Count;

    /// <summary>How often it was asked a question of the ladder's own.</summary>
    public int Pings => _calls.Count(static call => call.Question == "ping");

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        return Ask(messages, options) is { } failure ? throw failure : new(new ChatMessage(ChatRole.Assistant, $"from {name}"));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        if (Ask(messages, options) is { } failure)
        {
            throw failure;
        }

        yield return new(ChatRole.Assistant, $"from {name}") { FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private Exception? Ask(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var question = messages.Last().Text;
        _calls.Add((question, options));
        return Refuses(question);
    }
}
