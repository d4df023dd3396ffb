using System.Globalization;
using System.Text;
using Resilient.Llm.Requests;
using Resilient.Llm.Utilities;

namespace Resilient.Llm;

/// <summary>The composed chain as text, for a start-up log, or for a test that the ladder in use is the intended one.</summary>
/// <remarks>
/// Get it with <c>client.GetService&lt;LadderDescription&gt;()</c>. Immutable. Holds names and settings, never keys or hosts.
/// </remarks>
public sealed class LadderDescription
{
    private readonly string _text;

    private LadderDescription(string text) => _text = text;

    /// <summary>The chain, one layer or step per line, indented by depth.</summary>
    public override string ToString() => _text;

    internal sealed class Writer
    {
        private readonly StringBuilder _text = new();

        public void Line(int depth, string line) => _text.Append(' ', depth * 2).Append(line).Append('\n');

        public void Root(ResilientChatClientOptions options, ChatFallbackOptions fallback, ChatProbeOptions? probes, int clientsAbove)
        {
            if (clientsAbove > 0)
            {
                Line(0, string.Create(CultureInfo.InvariantCulture, $"clients of the application above the ladder: {clientsAbove}"));
            }

            Line(
                0,
                $"ladder: answer within {DescribedTime.Of(options.AnswerWithin)}, "
                + $"first content within {DescribedTime.Of(options.FirstContentWithin)}, "
                + $"data {options.Residency}{(options.Required is null ? "" : ", residency required")}");
            Line(1, fallback.MidStream == MidStreamPolicy.Interrupt
                ? "streams that break: interrupted"
                : string.Create(CultureInfo.InvariantCulture, $"streams that break: continued, up to {fallback.MaxContinuations} times"));
            if (fallback.Reducer is { } reducer)
            {
                Line(1, $"histories that are too long: reduced by {reducer.GetType().Name}");
            }

            if (probes is not null)
            {
                Line(
                    1,
                    "active probes: when a break ends"
                    + (probes.ProbeIdleEndpoints ? $", and of endpoints idle for {DescribedTime.Of(probes.IdleAfter)}" : "")
                    + string.Create(CultureInfo.InvariantCulture, $"; {probes.MaxProbesPerMinute} a minute at most, ")
                    + $"{DescribedTime.Of(probes.Timeout)} each, data {options.Residency.Intersect(probes.Residency)}");
            }
        }

        public void Model(Endpoint endpoint, int? contextWindow, ChatCapabilities capabilities) => Line(
            1,
            string.Create(CultureInfo.InvariantCulture, $"model {endpoint.Model}")
            + (endpoint.Region is null ? "" : $" in {endpoint.Region}")
            + (endpoint.Geography is null ? "" : $" ({endpoint.Geography})")
            + (contextWindow is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {contextWindow} tokens"))
            + (capabilities == ChatCapabilities.All ? "" : $", capabilities: {capabilities}"));

        public void EndpointName(Endpoint endpoint, double weight) => Line(
            2,
            $"endpoint {endpoint.Name}"
            + (endpoint.Region is null ? "" : $" in {endpoint.Region}")
            + (endpoint.Geography is null ? "" : $" ({endpoint.Geography})")
            + (weight == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", weight {weight}")));

        public LadderDescription ToDescription() => new(_text.ToString().TrimEnd('\n'));
    }
}
