using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>One request to a ladder: what was asked, and the order of its steps.</summary>
internal sealed class FallbackRequest(
    FallbackChain chain, RequestContext context, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages)
{
    public FallbackChain Chain => chain;

    public RequestContext Context => context;

    /// <summary>The request's own options, as the caller set them.</summary>
    public ResilientChatOptions Options => options;

    public IReadOnlyList<ChatMessage> Messages => messages;

    /// <summary>The steps in the order for this request.</summary>
    public Step[] Steps { get; } = chain.StepsFor(context, options, messages);

    /// <summary>The endpoint that gave the request's conversation id; null if there is no id, or another process received it.</summary>
    public Step? ConversationHolder { get; } = options.ConversationId is { } id ? chain.Conversations?.Find(id) : null;

    /// <summary>Whether the caller gets no conversation id: it sent none, and sends the whole history next time too.</summary>
    public bool HidesConversationId { get; } = chain.HidesConversationIds && options.ConversationId is null;

    /// <summary>The history as a step gets it.</summary>
    public TurnsForStep TurnsFor(Step step, bool isPlain) =>
        TurnsForStep.Of(messages, step, ReferenceEquals(step, chain.First), isPlain);

    /// <summary>Whether a layer above has given this request up, for example a time limit around the ladder.</summary>
    /// <remarks>Another attempt may be running then: the request context must not be written, and no further step is asked.</remarks>
    /// <param name="received">The token that this ladder was called with.</param>
    public bool IsLeftBehind(CancellationToken received) => received.IsCancellationRequested && received != context.CallerToken;
}
