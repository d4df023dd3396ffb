using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>One request to a ladder: what was asked, the order of the steps for it, and what each of them is asked.</summary>
internal sealed class FallbackRequest(
    FallbackChain chain, RequestContext context, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages)
{
    private IReadOnlyList<ChatMessage>? _portableMessages;

    public FallbackChain Chain => chain;

    public RequestContext Context => context;

    /// <summary>The request's own options, as the caller set them.</summary>
    public ResilientChatOptions Options => options;

    public IReadOnlyList<ChatMessage> Messages => messages;

    /// <summary>The steps in the order in which this request asks them.</summary>
    public Step[] Steps { get; } = chain.StepsFor(context, options);

    /// <summary>
    /// The endpoint that gave the request's conversation id; null where there is none, or where another process was given it.
    /// </summary>
    public Step? ConversationHolder { get; } = options.ConversationId is { } id ? chain.Conversations?.Find(id) : null;

    /// <summary>Whether a request needs state that one provider holds and no other one has.</summary>
    public static bool IsBound(ResilientChatOptions options) => options.ConversationId is not null || options.ContinuationToken is not null;

    /// <summary>
    /// Whether a layer above has given this request up, as one does when a ladder stands below a time limit. Then another attempt may be
    /// running: the trace must not be written any more, and no other step is worth asking.
    /// </summary>
    /// <param name="received">The token that this ladder was called with.</param>
    public bool IsLeftBehind(CancellationToken received) => received.IsCancellationRequested && received != context.CallerToken;

    /// <summary>Whether code of ours may still answer when the models behind a step have failed.</summary>
    /// <param name="index">The step's place in <see cref="Steps"/>.</param>
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

    /// <summary>What a model is asked: with fields and state that belong to one provider only where they are meant for it.</summary>
    /// <param name="step">The model.</param>
    /// <param name="plan">What was decided for the attempt.</param>
    /// <param name="role">Why it is asked.</param>
    /// <param name="isFirst">Whether it is the first model that this request asks.</param>
    /// <param name="isProbe">Whether it holds a half-open circuit's one permit.</param>
    /// <param name="ownContext">The trace of an attempt that has one of its own.</param>
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

    /// <summary>The request as the caller made it: for code of ours, and for an attempt that could not be prepared.</summary>
    public Attempt AsIs(Step step, AttemptRole role = AttemptRole.Ordinary, bool isFirst = false) =>
        new(step, options, messages, role, isFirst);
}
