using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>The rows of theories: both protocols, plain and streamed.</summary>
public static class Ways
{
    public static TheoryData<WireProtocol, bool> All => new()
    {
        { WireProtocol.Anthropic, false },
        { WireProtocol.Anthropic, true },
        { WireProtocol.OpenAI, false },
        { WireProtocol.OpenAI, true },
    };

    public static TheoryData<WireProtocol> Protocols => [WireProtocol.Anthropic, WireProtocol.OpenAI];
}
