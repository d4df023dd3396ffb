using System.Text;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>The same faults through a ladder and through Microsoft.Extensions.AI's ordered failover, over sockets: the table in docs/moving.md.</summary>
public class ComparisonTests
{
    private const string Document = "docs/moving.md";
    private const string Block = "comparison";

    public static TheoryData<string, Phase> Rows
    {
        get
        {
            var rows = new TheoryData<string, Phase>();
            foreach (var (fault, phase) in ComparisonTable.Rows)
            {
                rows.Add(fault, phase);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Fault_ThroughBoth_IsMetAsTheTableSays(string fault, Phase phase)
    {
        var line = await ComparisonRun.LineAsync(fault, phase);

        if (!GeneratedBlock.IsToBeWritten)
        {
            Assert.Contains(line, GeneratedBlock.Read(Document, Block).Split('\n'));
        }
    }

    /// <summary>Writes the table when it is told to; otherwise it only sees that there is no row which no test looks at.</summary>
    [Fact]
    public async Task Document_Rows_AreThoseOfTheTests()
    {
        if (!GeneratedBlock.IsToBeWritten)
        {
            var names = GeneratedBlock.Read(Document, Block).Split('\n').Skip(2).Where(static line => line.StartsWith('|')).Select(static line => line.Split('|')[1].Trim());
            Assert.Equal(ComparisonTable.Rows.Select(static row => ComparisonTable.Name(row.Fault, row.Phase)), names);
            return;
        }

        var table = new StringBuilder("| Fault of the first model | Plain: ordered failover | Plain: a ladder | Stream: ordered failover | Stream: a ladder |\n|---|---|---|---|---|\n");
        foreach (var line in await Task.WhenAll(ComparisonTable.Rows.Select(static row => ComparisonRun.LineAsync(row.Fault, row.Phase))))
        {
            table.Append(line).Append('\n');
        }

        GeneratedBlock.AssertUpToDate(Document, Block, table.ToString());
    }

    /// <summary>The sentence below the table: how often a provider that is down is asked.</summary>
    [BothWays]
    public async Task PrimaryIsDown_TwentyRequests_LadderStopsAskingIt(bool streaming)
    {
        const int Requests = 20;
        await using var providers = await TwoProviders.StartAsync(WireProtocol.OpenAI, Script.Status(503));
#pragma warning disable MEAI001 // Ordered failover is experimental. It is what this is compared with.
        using var ordered = new OrderedFailoverChatClient(
            [providers.Primary.Client(WireProtocol.OpenAI), providers.Fallback.Client(WireProtocol.Anthropic)]);
#pragma warning restore MEAI001
        var ladder = providers.Ladder();

        var calls = new List<int>();
        foreach (var client in new[] { ordered, ladder })
        {
            var before = providers.Primary.Calls;
            for (var request = 0; request < Requests; request++)
            {
                Assert.Equal(TwoProviders.FallbackText, (await Heard.FromAsync(client, streaming)).Text);
            }

            calls.Add(providers.Primary.Calls - before);
        }

        Assert.Equal([20, 5], calls);
    }
}
