using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One cell of the contract table: a fault, when it strikes, on which protocol, and how the ladder was asked.</summary>
internal sealed record ContractCell(ContractFault Fault, Phase Phase, WireProtocol Protocol, Way Way)
{
    /// <summary>What is promised.</summary>
    public CellResult Result { get; } = ResultOf(Fault, Phase, Protocol, Way);

    public bool IsStreamed => Way == Way.Streamed;

    public bool IsEmpty => Result.Outcome == Outcome.Empty;

    public bool IsSilence => Script.Fault is ScriptFault.HangBeforeHeaders or ScriptFault.Stall or ScriptFault.KeepAlives;

    /// <summary>What the primary does. A plain body has no pieces: a fault strikes before it or in its middle.</summary>
    public Script Script
    {
        get
        {
            var script = Fault.Script(Phase);
            return IsStreamed || Phase == Phase.BeforeContent ? script : script with { AfterContents = Math.Max(1, script.AfterContents) };
        }
    }

    /// <summary>Whether the caller has seen the primary's tool call when the fault strikes.</summary>
    public bool ShowsToolCall =>
        Phase == Phase.AfterToolCall && Result.Outcome is not (Outcome.NextStep or Outcome.ComesBack)
        && (Passes || (IsStreamed && (Fault.IsCleanEnd || !HandsCallsOverAtTheEnd(Protocol))));

    /// <summary>Whether the primary's answer ends in a tool call whose arguments are cut off, which reaches the caller as an unreadable one.</summary>
    public bool ShowsCutCall => Passes && Script is { Finish: ScriptFinish.Length, Tools: [.., { CallId: ContractTable.CutCallId }] };

    /// <summary>The primary's text that reaches the caller.</summary>
    public string Text
    {
        get
        {
            var isWhole = Passes || Script.Fault == ScriptFault.None || Script.Place == ScriptPlace.AfterFinish;
            return Result.Outcome is Outcome.NextStep or Outcome.ComesBack || !(IsStreamed || Passes) ? ""
                : isWhole ? Script.Text + (Protocol is WireProtocol.Anthropic or WireProtocol.Ollama ? Script.RefusalText : null)
                : Phase == Phase.AfterText ? string.Join(' ', Script.Text.Split(' ').Take(Script.AfterContents))
                : "";
        }
    }

    public string Reasoning => Phase == Phase.AfterReasoning && (IsStreamed || Passes) ? Script.ReasoningText ?? "" : "";

    /// <summary>What is missing behind <see cref="Text"/>; where nothing is, what a model that is asked to go on may find to say.</summary>
    public string Rest => Text == ContractTable.Words ? " It has done so for ever." : ContractTable.Words[Text.Length..];

    /// <summary>Whether the caller sees nothing of the primary, so that only the server knows how far it has come.</summary>
    public bool ShowsNothing => Text.Length == 0 && Reasoning.Length == 0 && !ShowsToolCall;

    /// <summary>Whether the primary's answer reaches the caller.</summary>
    public bool Passes => Result.Outcome is Outcome.PassesOn or Outcome.Whole;

    public override string ToString() => $"{Fault.Name}, {Phase}, {Protocol}, {Way}";

    /// <summary>OpenAI's adapters for Chat Completions collect a call until the stream has ended.</summary>
    public static bool HandsCallsOverAtTheEnd(WireProtocol protocol) => protocol is WireProtocol.OpenAI or WireProtocol.Azure;

    /// <summary>The finish reason of the primary's answer.</summary>
    public ChatFinishReason? FinishReason => Script switch
    {
        { Finish: ScriptFinish.Length } => ChatFinishReason.Length,
        { Finish: ScriptFinish.ContentFilter } => ChatFinishReason.ContentFilter,
        { RefusalText: not null } when Protocol != WireProtocol.Ollama => ChatFinishReason.ContentFilter,
        { FinishWord: { } word } => new ChatFinishReason(word),
        { Finish: not ScriptFinish.Complete } => null,
        { Tool: not null } when Protocol != WireProtocol.Ollama => ChatFinishReason.ToolCalls,
        _ => ChatFinishReason.Stop,
    };

    private static CellResult ResultOf(ContractFault fault, Phase phase, WireProtocol protocol, Way way)
    {
        var result = fault.Rule(phase, way);
        if (fault.Differences.FirstOrDefault(difference => difference.Concerns(phase, protocol, way)) is { } difference)
        {
            var differing = ContractFault.Result(difference.Outcome ?? result.Outcome, difference.Kind ?? fault.Kind, difference.Circuit ?? fault.Circuit);
            return differing with { Why = difference.Why };
        }

        if (way == Way.Streamed && fault.IsInCall && protocol == WireProtocol.Ollama)
        {
            return new(Outcome.Empty, null) { Why = ContractTable.CallInOnePiece };
        }

        var isBreak = result.Outcome is Outcome.Interrupted or Outcome.Policy or Outcome.Whole;
        if (way == Way.Streamed && phase == Phase.AfterToolCall && isBreak && !fault.IsCleanEnd && HandsCallsOverAtTheEnd(protocol))
        {
            return result with { Outcome = Outcome.NextStep, Why = ContractTable.CallAtTheEnd };
        }

        return result;
    }
}
