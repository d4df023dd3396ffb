using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>A step that is code of ours and not a provider: it answers from what it has, or declines.</summary>
internal interface ILocalStep
{
    string Name { get; }

    AnswerSource Source { get; }

    /// <summary>Answers or declines. Keeps within the request's deadline and throws only for the caller's cancellation.</summary>
    ValueTask<LocalAnswer?> TryAnswerAsync(
        IReadOnlyList<ChatMessage> messages, ResilientChatOptions options, RequestContext context, CancellationToken cancellationToken);
}

/// <summary>An answer from a <see cref="ILocalStep"/>, made for this request alone: the ladder may annotate it.</summary>
/// <param name="Response">A fresh instance.</param>
/// <param name="Age">How old a stored answer is; null for fresh ones.</param>
internal sealed record LocalAnswer(ChatResponse Response, TimeSpan? Age = null);
