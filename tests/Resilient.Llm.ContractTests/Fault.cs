using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One row of the contract table: a fault of the primary, and what becomes of a plain call.</summary>
/// <param name="Name">How tests name it.</param>
/// <param name="Script">What the primary does.</param>
/// <param name="Expected">What becomes of the call.</param>
internal sealed record Fault(string Name, Script Script, Expected Expected)
{
    /// <summary>Where the OpenAI protocol or SDK makes a difference.</summary>
    public Expected? WithOpenAI { get; init; }

    /// <summary>Whether the primary falls silent, so that only time can tell.</summary>
    public bool IsSilence => Script.Fault is ScriptFault.HangBeforeHeaders or ScriptFault.Stall or ScriptFault.KeepAlives;

    public Expected For(WireProtocol protocol) => protocol == WireProtocol.OpenAI ? WithOpenAI ?? Expected : Expected;
}
