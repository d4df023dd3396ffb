using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>A trial of a half-open circuit that its limit or a filter ends has succeeded.</summary>
public sealed class TrialTests
{
    public static TheoryData<WireProtocol, bool, string> Trials
    {
        get
        {
            var rows = new TheoryData<WireProtocol, bool, string>();
            foreach (var row in AdapterWays.All)
            {
                foreach (var end in new[] { "limit after a word", "limit before any", "filter", "refusal" })
                {
                    rows.Add((WireProtocol)row[0], (bool)row[1], end);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Trials))]
    public async Task Probe_EndedByLimitOrFilter_ClosesTheCircuit(WireProtocol protocol, bool streaming, string end)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol, Script.ServerError(), chat => chat.WithActiveProbes(probes => probes.UseStreaming = streaming));
        await OpenAsync(lab, streaming, end);

        var result = Assert.Single(await lab.Ladder.GetRequiredService<ChatProbes>().ProbeAsync());

        Assert.Equal((null, CircuitState.Closed), (result.Failure, lab.Circuit.State));
    }

    [Theory]
    [MemberData(nameof(Trials))]
    public async Task Request_EndedByLimitOrFilter_ClosesTheCircuit(WireProtocol protocol, bool streaming, string end)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.ServerError(), AdapterLab.StepsDownFromFilters);
        await OpenAsync(lab, streaming, end);

        await lab.AskAsync(streaming);

        Assert.Equal(CircuitState.Closed, lab.Circuit.State);
    }

    private static async Task OpenAsync(AdapterLab lab, bool streaming, string end)
    {
        for (var i = 0; i < 5; i++)
        {
            await lab.AskAsync(streaming);
        }

        Assert.Equal(CircuitState.Open, lab.Circuit.State);
        lab.Primary.Behavior = end switch
        {
            "limit after a word" => Script.Truncated("The"),
            "limit before any" => Script.Truncated(""),
            "filter" => Script.ContentFilterFinish(),
            _ => Script.Refusal("I cannot."),
        };
        lab.Clock.Advance(TimeSpan.FromMinutes(1));
    }
}
