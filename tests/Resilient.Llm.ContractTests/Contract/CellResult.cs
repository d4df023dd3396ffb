namespace Resilient.Llm.ContractTests;

/// <summary>One cell of the contract table: what is promised, and what a test compares with what it saw.</summary>
/// <param name="Outcome">What the caller meets.</param>
/// <param name="Kind">What the report calls the primary's failure; null for none.</param>
internal sealed record CellResult(Outcome Outcome, FailureKind? Kind)
{
    /// <summary>Why the cell is empty, or differs from its row. Null where it does neither.</summary>
    public string? Why { get; init; }

    /// <summary>What the call does to the primary's circuit, where the kind does not say it.</summary>
    public Circuit? Particular { get; init; }

    /// <summary>What the call does to the primary's circuit.</summary>
    public Circuit Circuit => Particular ?? CircuitOf(Kind);

    /// <summary>What a kind of failure means for an endpoint's health: that column of the failure table.</summary>
    public static Circuit CircuitOf(FailureKind? kind) => kind switch
    {
        null or FailureKind.TokenLimitReached => Circuit.Success,
        FailureKind.ContextTooLong or FailureKind.ContentFiltered or FailureKind.InvalidRequest
            or FailureKind.Unsupported or FailureKind.Cancelled => Circuit.Neutral,
        FailureKind.QuotaExhausted => Circuit.Cooldown,
        _ => Circuit.Failure,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Outcome} {Kind?.ToString() ?? "-"} {Circuit}";
}
