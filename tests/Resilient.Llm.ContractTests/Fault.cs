using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One row of the contract table: a fault of the primary, and what becomes of a plain and of a streamed call.</summary>
/// <param name="Name">How tests name it.</param>
/// <param name="Script">What the primary does.</param>
/// <param name="Plain">What becomes of a plain call.</param>
/// <param name="Streamed">What becomes of a stream.</param>
internal sealed record Fault(string Name, Script Script, Expected Plain, Expected Streamed)
{
    /// <summary>A fault that comes to the same, plain or streamed.</summary>
    public Fault(string name, Script script, Expected both)
        : this(name, script, both, both)
    {
    }

    /// <summary>Where the Anthropic protocol or SDK makes a difference to a plain call.</summary>
    public Expected? PlainAnthropic { get; init; }

    /// <summary>Where the Anthropic protocol or SDK makes a difference to a stream.</summary>
    public Expected? StreamedAnthropic { get; init; }

    /// <summary>Where the OpenAI protocol or SDK makes a difference to a plain call.</summary>
    public Expected? PlainOpenAI { get; init; }

    /// <summary>Where the OpenAI protocol or SDK makes a difference to a stream.</summary>
    public Expected? StreamedOpenAI { get; init; }

    /// <summary>Whether the primary falls silent, so that only time can tell.</summary>
    public bool IsSilence => Script.Fault is ScriptFault.HangBeforeHeaders or ScriptFault.Stall or ScriptFault.KeepAlives;

    public Expected For(WireProtocol protocol, bool streaming) => (protocol, streaming) switch
    {
        (WireProtocol.Anthropic, false) => PlainAnthropic ?? Plain,
        (WireProtocol.Anthropic, true) => StreamedAnthropic ?? Streamed,
        (_, false) => PlainOpenAI ?? Plain,
        (_, true) => StreamedOpenAI ?? Streamed,
    };
}
