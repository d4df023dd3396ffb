using System.Text;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>The contract table as documentation shows it: made of the same cells as the tests, so that it cannot say anything else.</summary>
internal sealed class ContractDocument
{
    private const string Digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    private static readonly Phase[] s_phases = Enum.GetValues<Phase>();

    private readonly List<string> _notes = [];

    /// <summary>Rows that come to the same in every column share a line, those of a group stand together.</summary>
    public static string Render() => new ContractDocument().RenderTable();

    private string RenderTable()
    {
        var text = new StringBuilder();
        text.Append("**Before the answer.** These strike before anything of an answer has come.\n\n");
        text.Append("| Fault | Reported as | Circuit | Stream | Plain call |\n|---|---|---|---|---|\n");
        Rows(text, static fault => fault.Group != ContractTable.Some && fault.Outcomes.Length == 1, columns: 5);
        text.Append("\n**In the answer.** What had come of a stream when the fault struck makes the difference.\n\n");
        text.Append("| Fault | Reported as | Circuit | Stream: before content | after reasoning | after text | after a tool call | Plain call |\n");
        text.Append("|---|---|---|---|---|---|---|---|\n");
        Rows(text, static fault => fault.Group != ContractTable.Some && fault.Outcomes.Length > 1, columns: 8);
        text.Append("\n**Only in some protocols.**\n\n");
        text.Append("| Fault | Reported as | Circuit | Stream: before content | after reasoning | after text | after a tool call | Plain call |\n");
        text.Append("|---|---|---|---|---|---|---|---|\n");
        Rows(text, static fault => fault.Group == ContractTable.Some, columns: 8);
        text.Append('\n');
        for (var number = 0; number < _notes.Count; number++)
        {
            text.Append($"{Mark(number)} {_notes[number]}.\n\n");
        }

        return text.Append(Count()).ToString();
    }

    private void Rows(StringBuilder table, Func<ContractFault, bool> belongs, int columns)
    {
        foreach (var group in ContractTable.All.Where(belongs).GroupBy(static fault => fault.Group))
        {
            if (group.Key != ContractTable.Some)
            {
                table.Append($"| **{group.Key}** {string.Concat(Enumerable.Repeat("| ", columns - 1))}|\n");
            }

            foreach (var line in group.GroupBy(fault => Columns(fault, columns)))
            {
                table.Append($"| {string.Join(", ", line.Select(Name))} {line.Key}\n");
            }
        }
    }

    private string Columns(ContractFault fault, int columns)
    {
        var phases = s_phases.Take(columns - 4).Select(phase => fault.Phases.Contains(phase) ? Cell(fault, Way.Streamed, [phase]) : "");
        return $"| {Kind(fault.Kind)} | {CircuitOf(fault)} | {string.Join(" | ", phases)} | {Plain(fault)} |";
    }

    /// <summary>Phases that come to the same stand together; most faults do the same to a plain call in all of them.</summary>
    private string Plain(ContractFault fault)
    {
        var phases = fault.Phases.Take(fault.HasOnePlainBody ? 1 : s_phases.Length)
            .Where(phase => fault.Outcomes[(int)phase] != Outcome.Empty).GroupBy(phase => fault.Rule(phase, Way.Plain)).ToList();
        return phases.Count == 1
            ? Cell(fault, Way.Plain, [.. phases[0]])
            : string.Join("; ", phases.Select(same => $"{string.Join(", ", same.Select(Name))}: {Cell(fault, Way.Plain, [.. same])}"));
    }

    /// <summary>What the row says, with a mark for each way in which protocols differ from it.</summary>
    private string Cell(ContractFault fault, Way way, IReadOnlyList<Phase> phases)
    {
        var rule = fault.Rule(phases[0], way);
        var cells = phases.SelectMany(phase => fault.Protocols.Select(protocol => new ContractCell(fault, phase, protocol, way))).ToList();
        if (cells.All(static cell => cell.IsEmpty))
        {
            return $"– {Note(Capital(cells[0].Result.Why!))}";
        }

        var marks = cells.Where(static cell => cell.Result.Why is not null)
            .Select(static cell => (Protocol: cell.Protocol, Words: Words(cell), Why: cell.Result.Why!))
            .Where(static cell => cell.Words.Length > 0)
            .GroupBy(static cell => (cell.Words, cell.Why))
            .Select(same => Note($"{Names(same.Select(static cell => cell.Protocol))}: {same.Key.Words}. {Capital(same.Key.Why)}"));
        return string.Join(' ', [Words(fault, rule.Outcome), .. marks.Distinct()]);
    }

    private static string Words(ContractCell cell)
    {
        var rule = cell.Fault.Rule(cell.Phase, cell.Way);
        var parts = new List<string>();
        if (cell.IsEmpty)
        {
            return "no such cell";
        }

        if (cell.Result.Outcome != rule.Outcome)
        {
            parts.Add(Words(cell.Fault, cell.Result.Outcome));
        }

        if (cell.Result.Kind != rule.Kind && cell.Result.Kind is not null)
        {
            parts.Add(Kind(cell.Result.Kind));
        }

        if (cell.Result.Circuit != rule.Circuit)
        {
            parts.Add($"circuit {Name(cell.Result.Circuit)}");
        }

        return string.Join(", ", parts);
    }

    private static string Words(ContractFault fault, Outcome outcome) => outcome switch
    {
        Outcome.PassesOn or Outcome.Whole => "passed on",
        Outcome.NextStep => "next candidate",
        Outcome.Policy => "`MidStream` policy",
        Outcome.Interrupted => "interrupted",
        Outcome.ComesBack => "thrown as it came",
        Outcome.Ended => fault.Caller == CallerAct.Cancels ? "`OperationCanceledException`" : "everything is freed",
        _ => "–",
    };

    private static string Kind(FailureKind? kind) => kind is null ? "–" : $"`{kind}`";

    private static string CircuitOf(ContractFault fault) => Name(fault.Circuit ?? CellResult.CircuitOf(fault.Kind));

    private static string Name(ContractFault fault) =>
        fault.Group == ContractTable.Some ? $"{fault.Name} ({string.Join(", ", fault.Protocols.Select(Name))})" : fault.Name;

    private static string Name(Circuit circuit) => circuit.ToString().ToLowerInvariant();

    private static string Name(Phase phase) => phase switch
    {
        Phase.BeforeContent => "before content",
        Phase.AfterReasoning => "after reasoning",
        Phase.AfterText => "after text",
        _ => "after a tool call",
    };

    private static string Names(IEnumerable<WireProtocol> protocols) => string.Join(", ", protocols.Distinct().Select(Name));

    private static string Name(WireProtocol protocol) => protocol == WireProtocol.OpenAI ? "Chat Completions" : protocol.ToString();

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];

    private string Note(string words)
    {
        var number = _notes.IndexOf(words);
        if (number < 0)
        {
            number = _notes.Count;
            _notes.Add(words);
        }

        return Mark(number);
    }

    private static string Mark(int number) => string.Concat((number + 1).ToString().Select(static digit => Digits[digit - '0']));

    private static string Count()
    {
        var cells = ContractTable.Cells.ToList();
        var empty = cells.Where(static cell => cell.IsEmpty).ToList();
        var reasons = empty.GroupBy(static cell => cell.Result.Why!).Select(static same => $"{same.Count()} ({same.Key})");
        return $"{cells.Count} cells: {ContractTable.All.Count} faults in the phases in which they can strike, {ContractTable.Protocols.Count} protocols, plain and streamed. "
            + $"{empty.Count} of them are empty: {string.Join(", ", reasons)}.\n";
    }
}
