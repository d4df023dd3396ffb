using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests.Caching;

/// <summary>A model whose answer is a function of the request. The plain answer and the stream say the same.</summary>
internal sealed class FakeChatClient(Func<FakeChatClient.Call, Task<ChatResponse>> answer) : IChatClient
{
    public FakeChatClient(string text)
        : this(_ => Task.FromResult(Answers.Text(text)))
    {
    }

    public int Calls { get; private set; }

    public Call? Last { get; private set; }

    /// <summary>Thrown by streams after their updates.</summary>
    public Exception? BreakAtEnd { get; set; }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Calls++;
        return answer(Last = new(Calls, [.. messages], options, cancellationToken));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Calls++;
        var response = await answer(Last = new(Calls, [.. messages], options, cancellationToken));
        foreach (var update in response.ToChatResponseUpdates())
        {
            yield return update;
        }

        if (BreakAtEnd is not null)
        {
            throw BreakAtEnd;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    internal sealed record Call(int Number, IReadOnlyList<ChatMessage> Messages, ChatOptions? Options, CancellationToken Token);
}

internal static class Answers
{
    public static ChatResponse Text(string text, ChatFinishReason? finishReason = null) => new(new ChatMessage(ChatRole.Assistant, text) { MessageId = "m1" })
    {
        FinishReason = finishReason ?? ChatFinishReason.Stop,
    };

    public static Task<ChatResponse> Fail() => Task.FromException<ChatResponse>(new HttpRequestException("down"));
}

internal static class Asking
{
    /// <summary>First line of a test that moves the clock: under a SynchronizationContext continuations go to the thread pool instead of running where the clock is moved.</summary>
    public static void DriveClockByHand() => SynchronizationContext.SetSynchronizationContext(null);

    /// <summary>Asks either way, and returns what the caller makes of it.</summary>
    public static async Task<ChatResponse> AskAsync(
        this IChatClient client, bool streaming, IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        streaming
            ? await client.GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(messages, options, cancellationToken);

    public static Task<ChatResponse> AskAsync(this IChatClient client, bool streaming, string question, ChatOptions? options = null) =>
        client.AskAsync(streaming, [new(ChatRole.User, question)], options);
}
