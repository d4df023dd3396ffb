namespace Resilient.Llm.ContractTests;

/// <summary>The table in docs/streaming.md is the one that the tests prove.</summary>
public class ContractDocumentTests
{
    /// <summary>The most cells, of a hundred, in which a fault may have no counterpart.</summary>
    private const int MostEmpty = 5;

    [Fact]
    public void Document_ContractTable_IsThatOfTheTests() => GeneratedBlock.AssertUpToDate("docs/streaming.md", "contract", ContractDocument.Render());

    /// <summary>Documentation names each fault once, and tests find it by that name.</summary>
    [Fact]
    public void Table_Names_AreUnique() => Assert.Equal(ContractTable.All.Count, ContractTable.All.DistinctBy(static fault => fault.Name).Count());

    /// <summary>The promise: at least 15 faults wherever in a stream they may strike.</summary>
    [Fact]
    public void Table_FaultsOfEveryPhase_AreAtLeastFifteen() =>
        Assert.InRange(ContractTable.All.Count(static fault => fault.Outcomes.Length == Enum.GetValues<Phase>().Length), 15, int.MaxValue);

    [Fact]
    public void Table_EmptyCells_AreFewAndHaveReasons()
    {
        var empty = ContractTable.Cells.Where(static cell => cell.IsEmpty).ToList();

        Assert.InRange(empty.Count * 100, 0, ContractTable.Cells.Count() * MostEmpty);
        Assert.All(empty, static cell => Assert.NotNull(cell.Result.Why));
    }

    /// <summary>A difference that says what the row says already would be a footnote for nothing, or a mistake.</summary>
    [Fact]
    public void Table_Differences_DifferSomewhere() => Assert.All(ContractTable.All.SelectMany(static fault => fault.Differences.Select(difference => (fault, difference))), static pair =>
        Assert.Contains(ContractTable.Cells, cell => cell.Fault == pair.fault && cell.Result.Why == pair.difference.Why
            && (cell.Result with { Why = null }) != cell.Fault.Rule(cell.Phase, cell.Way)));
}
