using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>The rows of theories: every protocol, plain and streamed.</summary>
public static class Ways
{
    public static TheoryData<WireProtocol, bool> All
    {
        get
        {
            var ways = new TheoryData<WireProtocol, bool>();
            foreach (var protocol in ContractTable.Protocols)
            {
                ways.Add(protocol, false);
                ways.Add(protocol, true);
            }

            return ways;
        }
    }

    public static TheoryData<WireProtocol> Protocols => [.. ContractTable.Protocols];
}
