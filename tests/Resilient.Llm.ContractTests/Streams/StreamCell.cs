using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One cell of the contract table for one protocol and policy: all that follows from it.</summary>
internal sealed record StreamCell(StreamFault Fault, StreamPhase Phase, WireProtocol Protocol, MidStreamPolicy Policy)
{
    public StreamOutcome Outcome { get; } = Fault.At(Phase, Protocol);

    public FailureKind? Kind => Fault.Kind;

    public bool IsContinued => Outcome == StreamOutcome.Policy && Policy == MidStreamPolicy.Continue;

    public bool AsksFallback => IsContinued || Outcome == StreamOutcome.NextStep;

    public StreamEnd End => Outcome switch
    {
        StreamOutcome.ComesBack => StreamEnd.ComesBack,
        StreamOutcome.Ended => Fault.Caller == CallerAct.WalksAway ? StreamEnd.LeftAlone : StreamEnd.Cancelled,
        StreamOutcome.Interrupted => StreamEnd.Interrupted,
        StreamOutcome.Policy when !IsContinued => StreamEnd.Interrupted,
        _ => StreamEnd.Whole,
    };

    /// <summary>The primary's text that reaches the caller.</summary>
    public string Text => Outcome is StreamOutcome.NextStep or StreamOutcome.ComesBack ? "" : Fault.ShownText(Phase, Protocol);

    /// <summary>What is missing behind <see cref="Text"/>; where nothing is, what a model that is asked to go on may find to say.</summary>
    public string Rest => Text == StreamTable.Words ? " It has done so for ever." : StreamTable.Words[Text.Length..];

    /// <summary>All the text that reaches the caller.</summary>
    public string ExpectedText =>
        Outcome == StreamOutcome.NextStep ? TwoProviders.FallbackText
        : IsContinued ? Text + Rest
        : Text;

    public string Reasoning => Phase == StreamPhase.AfterReasoning ? Fault.Script(Phase).ReasoningText ?? "" : "";

    public bool ShowsToolCall => Fault.ShowsToolCall(Phase, Protocol);

    /// <summary>Whether the caller sees nothing of the primary, so that only the server knows how far it has come.</summary>
    public bool ShowsNothing => Text.Length == 0 && Reasoning.Length == 0 && !ShowsToolCall;

    public ChatFinishReason FinishReason =>
        Outcome is StreamOutcome.PassesOn or StreamOutcome.Whole ? Fault.FinishReason(Phase) : ChatFinishReason.Stop;

    public string? ServedBy =>
        AsksFallback ? "fallback"
        : Outcome == StreamOutcome.ComesBack || (Outcome == StreamOutcome.Ended && PrimaryDelivered != AttemptDelivery.Content) ? null
        : "primary";

    /// <summary>What the report says: candidate, failure, role, and what the caller had seen of it.</summary>
    public IEnumerable<(string Step, FailureKind? Failure, AttemptRole Role, AttemptDelivery Delivered)> Attempts
    {
        get
        {
            if (End == StreamEnd.LeftAlone)
            {
                // Nobody waits for a report: what was under way when the caller left is not in it, and what had begun to answer has not failed.
                if (PrimaryDelivered == AttemptDelivery.Content)
                {
                    yield return ("primary", null, AttemptRole.Ordinary, PrimaryDelivered);
                }

                yield break;
            }

            yield return ("primary", Outcome is StreamOutcome.PassesOn or StreamOutcome.Whole ? null : Kind, AttemptRole.Ordinary, PrimaryDelivered);
            if (AsksFallback)
            {
                yield return ("fallback", null, IsContinued ? AttemptRole.Continuation : AttemptRole.Ordinary, AttemptDelivery.Content);
            }
        }
    }

    /// <summary>What the primary's breaker counts: its calls, its failures, and whether it is cooling down.</summary>
    public (int Calls, int Failures, bool IsCoolingDown) Breaker
    {
        get
        {
            var health = Outcome == StreamOutcome.PassesOn ? Health.Unharmed : ContractTable.HealthOf(Kind);
            var isCounted = Outcome == StreamOutcome.PassesOn || health == Health.Failed || Kind == FailureKind.TokenLimitReached || PrimaryDelivered == AttemptDelivery.Content;
            return (isCounted ? 1 : 0, health == Health.Failed ? 1 : 0, health == Health.CooldownStarted);
        }
    }

    private AttemptDelivery PrimaryDelivered =>
        Outcome == StreamOutcome.PassesOn || Text.Length > 0 || ShowsToolCall ? AttemptDelivery.Content
        : Reasoning.Length > 0 ? AttemptDelivery.Reasoning
        : AttemptDelivery.Nothing;

    public static (string Step, FailureKind? Failure, AttemptRole Role, AttemptDelivery Delivered) AttemptOf(AttemptReport attempt) =>
        (attempt.Step, attempt.Failure, attempt.Role, attempt.Delivered);
}

/// <summary>How a stream ends for its caller.</summary>
internal enum StreamEnd
{
    /// <summary>With a finish reason.</summary>
    Whole,

    /// <summary>With a <see cref="ChatStreamInterruptedException"/>.</summary>
    Interrupted,

    /// <summary>With the primary's own exception.</summary>
    ComesBack,

    /// <summary>With the exception of his own token.</summary>
    Cancelled,

    /// <summary>He does not read on.</summary>
    LeftAlone,
}
