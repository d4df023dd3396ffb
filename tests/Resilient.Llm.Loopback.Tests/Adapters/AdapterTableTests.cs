
namespace Resilient.Llm.Loopback.Tests;

/// <summary>Every cell of the tables in the loopback provider's README.md is what the official adapter really does.</summary>
public class AdapterTableTests
{
    private const string UpdateVariable = "RESILIENT_LLM_UPDATE_DOCS";

    private static readonly Lazy<AdapterDocument> s_document = new(AdapterDocument.Read);

    public static TheoryData<string, WireProtocol, bool> Cells
    {
        get
        {
            var cells = new TheoryData<string, WireProtocol, bool>();
            foreach (var (name, _, only) in AdapterTable.Rows)
            {
                foreach (var way in AdapterWays.All.Where(way => only is null || only.Equals(way[0])))
                {
                    cells.Add(name, (WireProtocol)way[0], (bool)way[1]);
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Adapter_MeetsScript_DoesWhatTheTableSays(string row, WireProtocol protocol, bool streaming)
    {
        var script = AdapterTable.Rows.Single(candidate => candidate.Name == row).Script;

        var observed = await ObserveAsync(script, protocol, streaming);

        Assert.Equal(s_document.Value.Cell(row, protocol, streaming), observed);
    }

    /// <summary>Writes the tables anew when it is told to; otherwise it only sees that no row is there which no test looks at.</summary>
    [Fact]
    public async Task Document_Rows_AreThoseOfTheTests()
    {
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            await AdapterDocument.WriteAsync(ObserveAsync);
            return;
        }

        Assert.Equal(AdapterTable.Rows.Select(static row => row.Name), s_document.Value.Rows(streaming: false));
        Assert.Equal(AdapterTable.Rows.Select(static row => row.Name), s_document.Value.Rows(streaming: true));
    }

    private static async Task<string> ObserveAsync(Script script, WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(script);
        using var client = provider.CreateClient(protocol);
        var call = await AdapterCall.OfAsync(client, streaming);
        Assert.Equal(1, provider.Calls);
        return AdapterCell.Of(call);
    }
}
