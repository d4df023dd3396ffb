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
internal readonly record struct Attempt(
    Step Step,
    ResilientChatOptions Options,
    IReadOnlyList<ChatMessage> Messages,
    AttemptRole Role,
    bool IsFirst = false,
    bool IsProbe = false)
{
    public RequestContext Context => Options.Context!;

    /// <summary>How long to wait for the attempt before a hedge starts; null: no hedge.</summary>
    public TimeSpan? HedgeAfter => IsProbe ? null : Step.Hedging?.DelayFor(Context.IsStreaming);

    /// <summary>The same attempt with its own request context and token: it may overlap another attempt.</summary>
    public Attempt Apart(CancellationToken callerToken) =>
        this with { Options = new(Options) { Context = Context.ForAttempt(Context.Deadline, callerToken) } };
}
