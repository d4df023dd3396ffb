using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Where a row does not hold for every protocol, or not both ways: the cells, what is true there, and why.</summary>
/// <param name="Why">The reason, as documentation puts it.</param>
internal sealed record Difference(string Why)
{
    /// <summary>Default: every protocol.</summary>
    public IReadOnlyList<WireProtocol> With { get; init; } = ContractTable.Protocols;

    /// <summary>Default: every phase.</summary>
    public IReadOnlyList<Phase> At { get; init; } = Enum.GetValues<Phase>();

    /// <summary>Null: both ways.</summary>
    public Way? Way { get; init; }

    /// <summary>Null: as the row says.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>Null: as the row says.</summary>
    public FailureKind? Kind { get; init; }

    /// <summary>Null: as the kind says.</summary>
    public Circuit? Circuit { get; init; }

    public bool Concerns(Phase phase, WireProtocol protocol, Way way) => With.Contains(protocol) && At.Contains(phase) && (Way ?? way) == way;
}
