using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>The rows of theories: each protocol as primary, each other one as fallback, plain and streamed.</summary>
public static class Pairs
{
    private static readonly WireProtocol[] s_protocols = [WireProtocol.OpenAI, WireProtocol.Responses, WireProtocol.Anthropic];

    public static TheoryData<WireProtocol, WireProtocol, bool> BothWays
    {
        get
        {
            var rows = new TheoryData<WireProtocol, WireProtocol, bool>();
            foreach (var (primary, fallback) in All())
            {
                rows.Add(primary, fallback, false);
                rows.Add(primary, fallback, true);
            }

            return rows;
        }
    }

    /// <summary>For what has one form only.</summary>
    public static TheoryData<WireProtocol, WireProtocol> OneWay
    {
        get
        {
            var rows = new TheoryData<WireProtocol, WireProtocol>();
            foreach (var (primary, fallback) in All())
            {
                rows.Add(primary, fallback);
            }

            return rows;
        }
    }

    private static IEnumerable<(WireProtocol Primary, WireProtocol Fallback)> All() =>
        from primary in s_protocols
        from fallback in s_protocols
        where primary != fallback
        select (primary, fallback);
}
