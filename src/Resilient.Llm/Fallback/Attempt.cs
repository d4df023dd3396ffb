using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>One step being asked, and what it is asked.</summary>
/// <param name="Step">The step.</param>
/// <param name="Options">The attempt's options, with its plan and its request context.</param>
/// <param name="Messages">The messages for the step.</param>
/// <param name="Role">Why the step is asked.</param>
/// <param name="IsFirst">Whether it is the first model that this request asks: its refusal of the request goes to the caller.</param>
/// <param name="IsProbe">Whether it holds the only permit of a half-open circuit.</param>
/// <param name="Traits">What the messages hold for the step.</param>
/// <param name="IsPlain">Whether the step refused its own turns, and gets them as plain content.</param>
internal readonly record struct Attempt(
    Step Step,
    ResilientChatOptions Options,
    IReadOnlyList<ChatMessage> Messages,
    AttemptRole Role,
    bool IsFirst = false,
    bool IsProbe = false,
    TurnTraits Traits = TurnTraits.None,
    bool IsPlain = false)
{
    public RequestContext Context => Options.Context!;

    /// <summary>How long to wait for the attempt before a hedge starts; null: no hedge.</summary>
    public TimeSpan? HedgeAfter => IsProbe ? null : Step.Hedging?.DelayFor(Context.IsStreaming);

    /// <summary>What a model is asked; it gets provider-specific fields and state only if they are meant for it.</summary>
    /// <exception cref="Exception">The application's ConfigureOptions failed.</exception>
    public static Attempt For(
        FallbackRequest request,
        Step step,
        AttemptPlan plan,
        AttemptRole role,
        bool isFirst,
        bool isProbe,
        RequestContext? ownContext = null,
        bool isPlain = false)
    {
        var own = request.Options;
        var (messages, traits) = request.TurnsFor(step, isPlain);
        var isForeignCall = traits.HasFlag(TurnTraits.IsOpenToolTurn);
        if (!step.TakesProviderFields || step.Configure is not null || ownContext is not null || isForeignCall)
        {
            own = new(own) { Context = ownContext ?? request.Context };
        }

        own.Attempt = plan with
        {
            HoldsState = request.Options.ConversationId is not null || (traits & (TurnTraits.KeepsState | TurnTraits.HasForeign)) != 0,
        };
        if (!step.TakesProviderFields)
        {
            ProviderFields.Strip(own);
            if (step == request.ConversationHolder)
            {
                own.ConversationId = request.Options.ConversationId;
                own.ContinuationToken = request.Options.ContinuationToken;
            }
        }

        step.Configure?.Invoke(own);
        if (isForeignCall)
        {
            ProviderFields.SwitchReasoningOff(own, isPlain);
        }

        return new(step, own, messages, role, isFirst, isProbe, traits, isPlain);
    }

    /// <summary>The request as the caller made it: for local steps, and for an attempt that could not be prepared.</summary>
    public static Attempt AsIs(FallbackRequest request, Step step, AttemptRole role = AttemptRole.Ordinary, bool isFirst = false) =>
        new(step, request.Options, request.Messages, role, isFirst);

    /// <summary>Calls the model. Application code that throws before the call counts as a failure.</summary>
    public OutcomeTask TryCallAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Step.Calls!.TryGetResponseAsync(Messages, Options, cancellationToken);
        }
        catch (Exception exception)
        {
            return new(new CallOutcome(exception));
        }
    }

    /// <summary>The same attempt with its own request context and token: it may overlap another attempt.</summary>
    public Attempt Apart(CancellationToken callerToken) =>
        this with { Options = new(Options) { Context = Context.ForAttempt(Context.Deadline, callerToken) } };
}
