using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>A plain call between two layers of this library: a failure is a value, thrown once by the outermost layer.</summary>
/// <remarks>
/// A throw and a catch take as long as several healthy calls through the whole ladder. Checked on the next client itself, never with
/// <c>GetService</c>, which would skip an application's client between two layers.
/// </remarks>
internal interface IOutcomeChatClient
{
    /// <summary>Like <see cref="IChatClient.GetResponseAsync"/>, but a failed call is an outcome.</summary>
    /// <remarks>Application code that runs before the call may still throw.</remarks>
    OutcomeTask TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken);
}

/// <summary>Conversions to and from <see cref="IOutcomeChatClient"/>.</summary>
internal static class OutcomeChatClient
{
    /// <summary>The client itself if it is a layer of this library; otherwise a wrapper that catches its exceptions.</summary>
    public static IOutcomeChatClient Of(IChatClient client) => client as IOutcomeChatClient ?? new ForeignChatClient(client);

    /// <summary>For the outermost layer: throws a failure with the stack of its first throw.</summary>
    public static Task<ChatResponse> GetResponseOrThrowAsync(
        this IOutcomeChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var call = client.TryGetResponseAsync(messages, options, cancellationToken);
        if (!call.HasEnded)
        {
            return AwaitAsync(call);
        }

        var outcome = call.Outcome;
        return outcome.Failure is null ? outcome.Answer!
            : outcome.Failure.Exception is OperationCanceledException ? AwaitAsync(new(outcome))
            : Task.FromException<ChatResponse>(outcome.Failure.Exception);
    }

    /// <summary>The answer; throws if there is a failure.</summary>
    public static ChatResponse GetOrThrow(this in CallOutcome outcome)
    {
        if (outcome.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure.Exception);
        }

        return outcome.Response!;
    }

    private static async Task<ChatResponse> AwaitAsync(OutcomeTask call) => (await call.ConfigureAwait(false)).GetOrThrow();
}
