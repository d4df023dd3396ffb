using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>The rows of theories: protocols, plain and streamed.</summary>
public static class AdapterWays
{
    public static TheoryData<WireProtocol, bool> All => Of(Enum.GetValues<WireProtocol>());

    public static TheoryData<WireProtocol, bool> OpenAI => Of(WireProtocol.OpenAI, WireProtocol.Responses, WireProtocol.Azure);

    public static TheoryData<WireProtocol, bool> WithHostedTools => Of(WireProtocol.Responses, WireProtocol.Anthropic);

    private static TheoryData<WireProtocol, bool> Of(params WireProtocol[] protocols)
    {
        var rows = new TheoryData<WireProtocol, bool>();
        foreach (var protocol in protocols)
        {
            rows.Add(protocol, false);
            rows.Add(protocol, true);
        }

        return rows;
    }
}
