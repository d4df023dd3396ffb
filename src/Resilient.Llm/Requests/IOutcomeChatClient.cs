using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>
/// A plain call between two layers of ours: a failure comes back as a value and is thrown once, by the layer that the application calls.
/// </summary>
/// <remarks>
/// A throw and a catch take as long as several healthy calls through the whole ladder. Looked for on the next client itself and never
/// with <c>GetService</c>, which would see through a client of the application that stands between.
/// </remarks>
internal interface IOutcomeChatClient
{
    /// <summary>
    /// Like <see cref="IChatClient.GetResponseAsync"/>, but a call that fails is an outcome. Code of the application that runs before the
    /// call may still throw.
    /// </summary>
    ValueTask<CallOutcome> TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken);
}

/// <summary>The way into <see cref="IOutcomeChatClient"/> and out of it.</summary>
internal static class OutcomeChatClient
{
    /// <summary>The client itself where it is a layer of ours; else one that catches what it throws.</summary>
    public static IOutcomeChatClient Of(IChatClient client) => client as IOutcomeChatClient ?? new ForeignChatClient(client);

    /// <summary>The edge: throws what failed, with the stack of the place where it was first thrown.</summary>
    public static Task<ChatResponse> GetResponseOrThrowAsync(
        this IOutcomeChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var call = client.TryGetResponseAsync(messages, options, cancellationToken);
        if (!call.IsCompletedSuccessfully)
        {
            return AwaitAsync(call);
        }

        var outcome = call.Result;
        return outcome.Failure is null ? outcome.Answer!
            : outcome.Failure.Exception is OperationCanceledException ? AwaitAsync(new(outcome))
            : Task.FromException<ChatResponse>(outcome.Failure.Exception);
    }

    /// <summary>The answer; throws the failure where there is none.</summary>
    public static ChatResponse GetOrThrow(this in CallOutcome outcome)
    {
        if (outcome.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure.Exception);
        }

        return outcome.Response!;
    }

    private static async Task<ChatResponse> AwaitAsync(ValueTask<CallOutcome> call) => (await call.ConfigureAwait(false)).GetOrThrow();
}
