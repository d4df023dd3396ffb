using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>A latency in a file: one time, two times between which any is as likely, or a median and a spread.</summary>
internal static class LatencyReader
{
    private const string Expected =
        "a time such as \"00:00:10\", to {\"from\": \"00:00:01\", \"to\": \"00:00:05\"}, or to {\"median\": \"00:00:02\", \"spread\": 0.5}";

    public static ChaosLatency? Read(NodeReader fault, string path, JsonNode node)
    {
        if (NodeReader.AsTime(node) is { } fixedTime)
        {
            return ChaosLatency.Fixed(fixedTime);
        }

        if (node is not JsonObject)
        {
            fault.Refuse($"has the latency {NodeReader.Shown(node)}. Set it to {Expected}.");
            return null;
        }

        ChaosLatency? latency = null;
        fault.Section("latency", section => latency = Distribution(section));
        return latency;
    }

    private static ChaosLatency? Distribution(NodeReader reader)
    {
        (TimeSpan? from, TimeSpan? to, TimeSpan? median, double? spread) = (null, null, null, null);
        reader.Time("from", value => from = value);
        reader.Time("to", value => to = value);
        reader.Time("median", value => median = value);
        reader.Number("spread", value => spread = value);
        switch (from, to, median, spread)
        {
            case ({ } first, { } last, null, null) when first <= last:
                return ChaosLatency.Uniform(first, last);
            case (null, null, { } middle, { } width) when middle > TimeSpan.Zero && width is >= 0 and <= 5:
                return ChaosLatency.LogNormal(middle, width);
            default:
                reader.Refuse($"is no latency. Set it to {Expected}; \"from\" is no later than \"to\", \"median\" above zero, \"spread\" 0 to 5.");
                return null;
        }
    }
}
