using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>One request to a ladder: what was asked, the order of its steps, and what each step is asked.</summary>
internal sealed class FallbackRequest(
    FallbackChain chain, RequestContext context, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages)
{
    private IReadOnlyList<ChatMessage>? _portableMessages;

    public FallbackChain Chain => chain;

    public RequestContext Context => context;

    /// <summary>The request's own options, as the caller set them.</summary>
    public ResilientChatOptions Options => options;

    public IReadOnlyList<ChatMessage> Messages => messages;

    /// <summary>The steps in the order for this request.</summary>
    public Step[] Steps { get; } = chain.StepsFor(context, options);

    /// <summary>The endpoint that gave the request's conversation id; null if there is no id, or another process received it.</summary>
    public Step? ConversationHolder { get; } = options.ConversationId is { } id ? chain.Conversations?.Find(id) : null;

    /// <summary>Whether a layer above has given this request up, for example a time limit around the ladder.</summary>
    /// <remarks>Another attempt may be running then: the request context must not be written, and no further step is asked.</remarks>
    /// <param name="received">The token that this ladder was called with.</param>
    public bool IsLeftBehind(CancellationToken received) => received.IsCancellationRequested && received != context.CallerToken;

    /// <summary>Whether a local step below the step at <paramref name="index"/> may still answer.</summary>
    public bool HasLocalStepBehind(int index)
    {
        if (options.AllowFallback)
        {
            for (var i = index + 1; i < Steps.Length; i++)
            {
                if (Steps[i].Local is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>What a model is asked; it gets provider-specific fields and state only if they are meant for it.</summary>
    /// <exception cref="Exception">The application's ConfigureOptions failed.</exception>
    public Attempt Prepare(Step step, AttemptPlan plan, AttemptRole role, bool isFirst, bool isProbe, RequestContext? ownContext = null)
    {
        var own = options;
        if (!step.TakesProviderFields || step.Configure is not null || ownContext is not null)
        {
            own = new(options) { Context = ownContext ?? context };
        }

        own.Attempt = plan;
        var portable = messages;
        if (!step.TakesProviderFields)
        {
            ProviderFields.Strip(own);
            if (step == ConversationHolder)
            {
                own.ConversationId = options.ConversationId;
                own.ContinuationToken = options.ContinuationToken;
            }

            portable = _portableMessages ??= ProviderFields.Strip(messages);
        }

        step.Configure?.Invoke(own);
        return new(step, own, portable, role, isFirst, isProbe);
    }

    /// <summary>The request as the caller made it: for local steps, and for an attempt that could not be prepared.</summary>
    public Attempt AsIs(Step step, AttemptRole role = AttemptRole.Ordinary, bool isFirst = false) =>
        new(step, options, messages, role, isFirst);
}
