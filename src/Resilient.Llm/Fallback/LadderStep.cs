using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>One rung, with what it is asked.</summary>
/// <param name="Rung">The rung.</param>
/// <param name="Options">The attempt's options, with its plan and its trace.</param>
/// <param name="Messages">The messages for it.</param>
/// <param name="Role">Why it is asked.</param>
/// <param name="IsFirst">Whether it is the first model that this request asks: what the caller did wrong is told by this one.</param>
/// <param name="IsProbe">Whether it holds a half-open circuit's one permit.</param>
internal readonly record struct LadderStep(
    Rung Rung, ResilientChatOptions Options, IReadOnlyList<ChatMessage> Messages, AttemptRole Role, bool IsFirst = false, bool IsProbe = false)
{
    public RequestTrace Trace => Options.Trace!;

    /// <summary>How long to wait for it before the next one is asked as well; null: for as long as it takes.</summary>
    public TimeSpan? HedgeAfter => IsProbe ? null : Rung.Hedging?.DelayFor(Trace.IsStreaming);

    /// <summary>The same with a trace of its own: the attempt may overlap another one.</summary>
    /// <param name="callerToken">What cancels the attempt.</param>
    public LadderStep Apart(CancellationToken callerToken) =>
        this with { Options = new(Options) { Trace = Trace.ForAttempt(Trace.Deadline, callerToken) } };
}
