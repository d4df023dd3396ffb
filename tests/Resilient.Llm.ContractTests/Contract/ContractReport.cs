namespace Resilient.Llm.ContractTests;

/// <summary>What the report says of a run, and what its circuit counts.</summary>
internal static class ContractReport
{
    /// <summary>Candidate, failure, role, and what the caller had seen of it.</summary>
    public static IEnumerable<(string Step, FailureKind? Failure, AttemptRole Role, AttemptDelivery Delivered)> Attempts(ContractRun run)
    {
        var delivered = PrimaryDelivered(run.Cell);
        if (run.Cell.Result.Outcome == Outcome.Ended && run.Cell.Fault.Caller == CallerAct.WalksAway)
        {
            // The caller does not wait for a report: what was under way is not in it, and what had begun to answer has not failed.
            if (delivered == AttemptDelivery.Content)
            {
                yield return ("primary", null, AttemptRole.Ordinary, delivered);
            }

            yield break;
        }

        yield return ("primary", run.Cell.Passes ? null : run.Cell.Result.Kind, AttemptRole.Ordinary, delivered);
        if (run.AsksFallback)
        {
            yield return ("fallback", null, run.IsContinued ? AttemptRole.Continuation : AttemptRole.Ordinary, AttemptDelivery.Content);
        }
    }

    public static (string Step, FailureKind? Failure, AttemptRole Role, AttemptDelivery Delivered) AttemptOf(AttemptReport attempt) =>
        (attempt.Step, attempt.Failure, attempt.Role, attempt.Delivered);

    public static string? ServedBy(ContractRun run) =>
        run.AsksFallback ? "fallback"
        : run.Cell.Result.Outcome == Outcome.ComesBack
            || (run.Cell.Result.Outcome == Outcome.Ended && PrimaryDelivered(run.Cell) != AttemptDelivery.Content) ? null
        : "primary";

    /// <summary>What the primary's circuit counts: its calls, its failures, and whether it is cooling down.</summary>
    public static (int Calls, int Failures, bool IsCoolingDown) Counts(ContractRun run)
    {
        var circuit = run.Cell.Result.Circuit;
        var isCounted = run.Cell.Passes || circuit is Circuit.Failure or Circuit.Success || PrimaryDelivered(run.Cell) == AttemptDelivery.Content;
        return (isCounted ? 1 : 0, circuit == Circuit.Failure ? 1 : 0, circuit == Circuit.Cooldown);
    }

    private static AttemptDelivery PrimaryDelivered(ContractCell cell) =>
        cell.Result.Outcome == Outcome.PassesOn || cell.Text.Length > 0 || cell.ShowsToolCall ? AttemptDelivery.Content
        : cell.Reasoning.Length > 0 || (cell.IsStreamed && cell.Script.HostedTool is not null) ? AttemptDelivery.Reasoning
        : AttemptDelivery.Nothing;
}
