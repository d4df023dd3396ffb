using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>One step being asked, and what it is asked.</summary>
/// <param name="Step">The step.</param>
/// <param name="Options">The attempt's options, with its plan and its trace.</param>
/// <param name="Messages">The messages for it.</param>
/// <param name="Role">Why it is asked.</param>
/// <param name="IsFirst">Whether it is the first model that this request asks: its refusal of the request goes to the caller.</param>
/// <param name="IsProbe">Whether it holds a half-open circuit's one permit.</param>
internal readonly record struct Attempt(
    Step Step,
    ResilientChatOptions Options,
    IReadOnlyList<ChatMessage> Messages,
    AttemptRole Role,
    bool IsFirst = false,
    bool IsProbe = false)
{
    public RequestContext Context => Options.Context!;

    /// <summary>How long to wait for it before the next one is asked as well; null: for as long as it takes.</summary>
    public TimeSpan? HedgeAfter => IsProbe ? null : Step.Hedging?.DelayFor(Context.IsStreaming);

    /// <summary>The same with a trace of its own: the attempt may overlap another one.</summary>
    /// <param name="callerToken">What cancels the attempt.</param>
    public Attempt Apart(CancellationToken callerToken) =>
        this with { Options = new(Options) { Context = Context.ForAttempt(Context.Deadline, callerToken) } };
}
