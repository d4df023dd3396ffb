using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Residency;

namespace Resilient.Llm.Client;

/// <summary>Turns what a caller passed into the request's private options, with a new context.</summary>
internal sealed class RequestPreparation(ResilientChatClientOptions settings, TimeProvider timeProvider)
{
    public DataResidency Policy => settings.Residency;

    public bool RequiresResidency => settings.Required is not null;

    /// <summary>A private copy of the caller's options, without a context yet.</summary>
    /// <exception cref="ArgumentException">Their deadline is impossible.</exception>
    public ResilientChatOptions Copy(ChatOptions? options)
    {
        var copy = new ResilientChatOptions(options) { IsBlank = options is null };
        if (copy.AnswerWithin is { } within && within <= TimeSpan.Zero && within != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException(
                $"{nameof(ResilientChatOptions)}.{nameof(ResilientChatOptions.AnswerWithin)} is {within}. "
                + "Set it above zero, or to null for the ladder's own deadline.",
                nameof(options));
        }

        return copy;
    }

    public ResilientChatOptions Prepare(ChatOptions? options, bool isStreaming, CancellationToken callerToken) =>
        Begin(Copy(options), isStreaming, callerToken);

    /// <summary>Gives a private copy the context of one call.</summary>
    /// <remarks>
    /// From the context of an outer ladder it keeps only the earlier deadline, the residency, and whether the call continues an answer.
    /// </remarks>
    public ResilientChatOptions Begin(ResilientChatOptions own, bool isStreaming, CancellationToken callerToken)
    {
        var context = new RequestContext(timeProvider, isStreaming, callerToken);
        var configured = isStreaming ? settings.FirstContentWithin : settings.AnswerWithin;
        var within = own.AnswerWithin ?? configured;
        context.IsShortened = within != Timeout.InfiniteTimeSpan && (configured == Timeout.InfiniteTimeSpan || within < configured);
        if (within != Timeout.InfiniteTimeSpan)
        {
            context.SetDeadline(within);
        }

        // From here on it is typed: an inner ladder must see that the request stated it, even if it states Anywhere.
        if (ResidencyProperty.Take(own) is { } carried)
        {
            own.Residency = own.Residency?.Intersect(carried) ?? carried;
        }

        var around = ResidencyScope.Current;
        if (settings.Required is { } required
            && own.Residency is null
            && around.IsAnywhere
            && own.Context is not { Residency.IsAnywhere: false })
        {
            own.Residency = required.Resolve(own, out var refusal);
            if (refusal is not null)
            {
                context.Audit.Refusal = refusal;
            }
        }

        var residency = own.Residency is { } wish ? settings.Residency.Intersect(wish) : settings.Residency;
        residency = residency.Intersect(around);
        if (own.Context is { } outer)
        {
            residency = residency.Intersect(outer.Residency);
            context.IsContinuation = outer is { IsContinuation: true, IsOver: false };
            var earlier = outer.IsOver ? long.MaxValue : Math.Min(outer.Deadline, own.Attempt.Deadline);
            if (earlier < context.Deadline)
            {
                context.Deadline = earlier;
                context.IsShortened = true;
            }
        }

        context.Residency = residency;

        // From an outer ladder only whether it has another model to ask: then this ladder does not wait.
        own.Attempt = AttemptPlan.Alone with
        {
            IsLastModel = own.Context is not { IsOver: false } || own.Attempt.Endpoint is null || own.Attempt.IsLastModel,
        };
        own.Context = context;
        return own;
    }
}
