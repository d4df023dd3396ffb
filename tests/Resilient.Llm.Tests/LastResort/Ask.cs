using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Asks a client plainly or by stream, so that one theory covers both.</summary>
internal static class Ask
{
    public const string SeedSentence =
        "I couldn't process your request intelligently right now, but here are the top search results for 'Reset Password'";

    public static async Task<ChatResponse> AskAsync(
        this IChatClient client, string question, bool streaming, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await client.AskAsync([new(ChatRole.User, question)], streaming, options, cancellationToken);

    public static async Task<ChatResponse> AskAsync(
        this IChatClient client, IEnumerable<ChatMessage> messages, bool streaming, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        streaming
            ? await client.GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(messages, options, cancellationToken);

    /// <summary>What a ladder does: the rung with a deadline and a residency.</summary>
    public static ValueTask<LocalAnswer?> AskAsStepAsync(
        this LastResortChatClient client, string question, ManualTimeProvider clock, TimeSpan? left = null, DataResidency? residency = null, CancellationToken cancellationToken = default)
    {
        var context = new RequestContext(clock, isStreaming: false, cancellationToken) { Residency = residency ?? DataResidency.Anywhere };
        context.Deadline = left is { } time ? clock.GetTimestamp() + time.Ticks : long.MaxValue;
        return ((ILocalStep)client).TryAnswerAsync([new(ChatRole.User, question)], new() { Context = context }, context, cancellationToken);
    }
}
