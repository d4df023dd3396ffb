namespace Resilient.Llm.Loopback.Tests;

/// <summary>The rows of theories over every protocol.</summary>
public static class AdapterWays
{
    public static TheoryData<WireProtocol> Protocols => [.. Enum.GetValues<WireProtocol>()];

    public static TheoryData<WireProtocol, bool> All
    {
        get
        {
            var rows = new TheoryData<WireProtocol, bool>();
            foreach (var protocol in Enum.GetValues<WireProtocol>())
            {
                rows.Add(protocol, false);
                rows.Add(protocol, true);
            }

            return rows;
        }
    }
}
