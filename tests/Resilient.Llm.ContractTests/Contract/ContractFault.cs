using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One fault of the contract table: what the first model does, and what becomes of the call.</summary>
/// <param name="Group">What faults like this one have in common, as documentation puts it.</param>
/// <param name="Name">How tests and documentation name it.</param>
/// <param name="Kind">What the ladder calls the failure; null for what is none.</param>
/// <param name="Script">What the first model does when the fault strikes in a phase.</param>
/// <param name="Outcomes">What becomes of a stream, by phase. A fault that cannot strike in a phase has fewer of them.</param>
internal sealed record ContractFault(string Group, string Name, FailureKind? Kind, Func<Phase, Script> Script, params Outcome[] Outcomes)
{
    /// <summary>What becomes of a plain call, by phase. Null: the same as of a stream, where a break is the next model's turn.</summary>
    public IReadOnlyList<Outcome>? Plain { get; init; }

    /// <summary>What the fault does to the circuit, where its kind does not say it.</summary>
    public Circuit? Circuit { get; init; }

    /// <summary>Whether a plain body is the same in every phase, so that there is one cell for all of them.</summary>
    public bool HasOnePlainBody { get; init; }

    /// <summary>Whether an SDK takes the fault for a clean end of the stream. A tool call that is whole has then been handed over.</summary>
    public bool IsCleanEnd { get; init; }

    /// <summary>Whether the fault strikes among the arguments of a tool call.</summary>
    public bool IsInCall { get; init; }

    /// <summary>Why there are phases without an outcome; null where there are none.</summary>
    public string? WhyEmpty { get; init; }

    /// <summary>The protocols that have such a fault at all.</summary>
    public IReadOnlyList<WireProtocol> Protocols { get; init; } = ContractTable.Protocols;

    /// <summary>Where the row is not true.</summary>
    public IReadOnlyList<Difference> Differences { get; init; } = [];

    /// <summary>Where requests go astray before they reach the first model; see <see cref="ContractTests.Detour"/>.</summary>
    public string? Detour { get; init; }

    /// <summary>What the caller does once the phase is reached.</summary>
    public CallerAct Caller { get; init; }

    /// <summary>The phases in which the fault can strike.</summary>
    public IEnumerable<Phase> Phases => Enum.GetValues<Phase>().Take(Outcomes.Length);

    /// <summary>The cells of one way of asking one protocol.</summary>
    public IEnumerable<ContractCell> Cells(WireProtocol protocol, Way way) =>
        Phases.Take(way == Way.Plain && HasOnePlainBody ? 1 : Outcomes.Length).Select(phase => new ContractCell(this, phase, protocol, way));

    /// <summary>What the row says of a cell, whatever the protocol.</summary>
    public CellResult Rule(Phase phase, Way way) => Outcomes[(int)phase] == Outcome.Empty ? new(Outcome.Empty, null) { Why = WhyEmpty } : Result(way == Way.Streamed ? Outcomes[(int)phase] : Plain?[(int)phase] ?? OfPlain(Outcomes[(int)phase]), Kind, Circuit);

    /// <summary>An answer that is passed on has no kind of failure.</summary>
    public static CellResult Result(Outcome outcome, FailureKind? kind, Circuit? circuit) =>
        outcome is Outcome.PassesOn or Outcome.Empty ? new(outcome, null) : new(outcome, kind) { Particular = circuit };

    private static Outcome OfPlain(Outcome streamed) => streamed is Outcome.Policy or Outcome.Interrupted ? Outcome.NextStep : streamed;
}

/// <summary>What a caller does in the middle of a stream.</summary>
internal enum CallerAct
{
    ReadsOn,
    Cancels,
    WalksAway,
}
