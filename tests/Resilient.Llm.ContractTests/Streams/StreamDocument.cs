using System.Text;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>The contract table as documentation shows it: made of the same rows as the tests, so that it cannot say anything else.</summary>
internal static class StreamDocument
{
    private const string HiddenCall = "¹";

    /// <summary>Rows that come to the same in every column share a line, those of a group stand together.</summary>
    public static string Render()
    {
        var table = new StringBuilder();
        table.Append("| Fault | Reported as | Breaker | before content | after reasoning | after text | after a tool call |\n");
        table.Append("|---|---|---|---|---|---|---|\n");
        foreach (var group in StreamTable.All.GroupBy(static row => row.Group))
        {
            table.Append($"| **{group.Key}** | | | | | | |\n");
            foreach (var line in group.GroupBy(Cells))
            {
                table.Append($"| {string.Join(", ", line.Select(static row => row.Name))} {line.Key}\n");
            }
        }

        table.Append('\n');
        table.Append($"{HiddenCall} Where the first model speaks OpenAI's protocol: next candidate. Adapters of that protocol hand a tool call over when the stream has ended, ");
        table.Append("so nothing of it has been seen when the connection breaks before.\n");
        return table.ToString();
    }

    private static string Cells(StreamFault row) =>
        $"| {Kind(row)} | {Breaker(row.Kind)} | " + string.Join(" | ", Enum.GetValues<StreamPhase>().Select(phase => Words(row, phase))) + " |";

    private static string Words(StreamFault row, StreamPhase phase) => row.At(phase) switch
    {
        StreamOutcome.Whole when row.At(phase, WireProtocol.OpenAI) != StreamOutcome.Whole => $"passed on {HiddenCall}",
        StreamOutcome.PassesOn or StreamOutcome.Whole => "passed on",
        StreamOutcome.NextStep => "next candidate",
        StreamOutcome.Policy => "`MidStream` policy",
        StreamOutcome.Interrupted when row.At(phase, WireProtocol.OpenAI) != StreamOutcome.Interrupted => $"interrupted {HiddenCall}",
        StreamOutcome.Interrupted => "interrupted",
        StreamOutcome.ComesBack => "thrown as it came",
        StreamOutcome.Ended => row.Caller == CallerAct.Cancels ? "`OperationCanceledException`" : "everything is freed",
        _ => "–",
    };

    private static string Kind(StreamFault row) => row.Kind is { } kind ? $"`{kind}`" : "–";

    private static string Breaker(FailureKind? kind) => kind is null ? "success" : ContractTable.HealthOf(kind) switch
    {
        Health.Failed => "failure",
        Health.CooldownStarted => "cooldown",
        _ => "neutral",
    };
}
