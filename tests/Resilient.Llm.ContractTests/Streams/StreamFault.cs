using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One row of the contract table of streams: a fault of the first model, wherever in its stream it strikes.</summary>
/// <param name="Group">What faults like this one have in common, as documentation puts it.</param>
/// <param name="Name">How tests and documentation name it.</param>
/// <param name="Kind">What the ladder calls the failure; null for what is none.</param>
/// <param name="Script">What the first model does when the fault strikes in a phase.</param>
/// <param name="Outcomes">What becomes of the stream, by phase. Phases that are not there are <see cref="StreamOutcome.Impossible"/>.</param>
internal sealed record StreamFault(
    string Group, string Name, FailureKind? Kind, Func<StreamPhase, Script> Script, params StreamOutcome[] Outcomes)
{
    /// <summary>
    /// Whether OpenAI's SDK takes the fault for a clean end. Then its adapters hand over a tool call that is whole; after an exception they do not, and nothing
    /// of the call was ever seen.
    /// </summary>
    public bool IsCleanEndToOpenAI { get; init; }

    /// <summary>Where requests go astray before they reach the first model; see <see cref="Detour"/>.</summary>
    public string? Detour { get; init; }

    /// <summary>What the caller does once the phase is reached.</summary>
    public CallerAct Caller { get; init; }

    /// <summary>The cell as documentation shows it.</summary>
    public StreamOutcome At(StreamPhase phase) => (int)phase < Outcomes.Length ? Outcomes[(int)phase] : StreamOutcome.Impossible;

    /// <summary>The cell as it is for a first model of this protocol.</summary>
    public StreamOutcome At(StreamPhase phase, WireProtocol protocol) =>
        IsHiddenFrom(phase, protocol) ? StreamOutcome.NextStep : At(phase);

    /// <summary>Whether the tool call that should precede the fault never leaves the SDK.</summary>
    private bool IsHiddenFrom(StreamPhase phase, WireProtocol protocol) =>
        At(phase) is StreamOutcome.Interrupted or StreamOutcome.Whole && phase == StreamPhase.AfterToolCall && !ShowsToolCall(phase, protocol);

    /// <summary>Whether the caller has seen the tool call when the fault strikes.</summary>
    public bool ShowsToolCall(StreamPhase phase, WireProtocol protocol) =>
        phase == StreamPhase.AfterToolCall
        && (protocol == WireProtocol.Anthropic || IsCleanEndToOpenAI || At(phase) == StreamOutcome.PassesOn);

    /// <summary>The text that the caller has seen when the fault strikes; of an answer that is passed on, the whole.</summary>
    public string ShownText(StreamPhase phase, WireProtocol protocol)
    {
        var script = Script(phase);
        var isWhole = At(phase) == StreamOutcome.PassesOn || script.Fault == ScriptFault.None || script.Place == ScriptPlace.AfterFinish;
        return isWhole ? script.Text + (protocol == WireProtocol.Anthropic ? script.RefusalText : null)
            : phase == StreamPhase.AfterText ? string.Join(' ', script.Text.Split(' ').Take(script.AfterContents))
            : "";
    }

    /// <summary>The finish reason of an answer that is passed on.</summary>
    public ChatFinishReason FinishReason(StreamPhase phase) => Script(phase) switch
    {
        { Finish: ScriptFinish.Length } => ChatFinishReason.Length,
        { Finish: ScriptFinish.ContentFilter } => ChatFinishReason.ContentFilter,
        { RefusalText: not null } => ChatFinishReason.ContentFilter,
        { Tool: not null } => ChatFinishReason.ToolCalls,
        _ => ChatFinishReason.Stop,
    };
}

/// <summary>What a caller does in the middle of a stream.</summary>
internal enum CallerAct
{
    ReadsOn,
    Cancels,
    WalksAway,
}
