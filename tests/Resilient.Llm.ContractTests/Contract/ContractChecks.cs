using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;

namespace Resilient.Llm.ContractTests;

/// <summary>All that follows from a cell: what was heard, how it ended, who was called, what circuits counted, and what the report says.</summary>
internal static class ContractChecks
{
    public static void All(ContractRun run, Heard heard, TwoProviders providers)
    {
        AssertResult(run, heard, providers);
        AssertHeard(run, heard);
        AssertEnd(run, heard);
        AssertCalls(run, providers);
        AssertCircuits(run, providers);
        AssertReport(run, Assert.Single(providers.Completed));
    }

    /// <summary>First, because it says the most when it fails: what the cell turned out to be.</summary>
    private static void AssertResult(ContractRun run, Heard heard, TwoProviders providers)
    {
        var circuit = providers.PrimaryCircuit;
        var fallback = providers.Fallback.Calls;
        var seen = heard.Exception switch
        {
            null => fallback == 0 ? circuit.Counts.Failures == 0 ? Outcome.PassesOn : Outcome.Whole : providers.Completed[0].Report.WasContinued ? Outcome.Policy : Outcome.NextStep,
            ChatStreamInterruptedException => run.Cell.Result.Outcome == Outcome.Policy && !run.IsContinued ? Outcome.Policy : Outcome.Interrupted,
            ResilientChatException => Outcome.Empty,
            OperationCanceledException when run.Cell.Fault.Caller != CallerAct.ReadsOn => Outcome.Ended,
            _ => Outcome.ComesBack,
        };
        if (run.Cell.Fault.Caller == CallerAct.WalksAway)
        {
            seen = Outcome.Ended;
        }

        var kind = seen switch
        {
            Outcome.Ended => FailureKind.Cancelled,

            // The report does not blame an answer that came as a whole.
            Outcome.Whole => run.Cell.Result.Kind,
            _ => providers.Completed[0].Report.Attempts is [{ Step: "primary" } first, ..] ? first.Failure : null,
        };
        var counted = circuit.IsCoolingDown ? Circuit.Cooldown
            : circuit.Counts.Failures > 0 ? Circuit.Failure
            : circuit.Counts.Calls > 0 && seen != Outcome.Ended ? Circuit.Success
            : Circuit.Neutral;
        Assert.Equal(run.Cell.Result.ToString(), new CellResult(seen, kind) { Particular = counted }.ToString());
    }

    /// <summary>No text lost, doubled or reordered; reasoning and tool calls of the primary alone, whole and once.</summary>
    private static void AssertHeard(ContractRun run, Heard heard)
    {
        Assert.Equal(run.ExpectedText, string.Concat(heard.Response.Messages.Select(static message => message.Text)));
        Assert.Equal(run.Cell.Reasoning, heard.Reasoning);
        if (run.Cell.IsStreamed)
        {
            Assert.Equal(run.ExpectedText, string.Concat(heard.Updates.Select(static update => update.Text)));
            Assert.Single(heard.Updates.Where(static update => update.Text.Length > 0).Select(static update => (update.MessageId, update.ResponseId)).Distinct().DefaultIfEmpty());
        }

        Assert.Equal(run.Cell.ShowsCutCall ? 1 : 0, heard.ToolCalls.Count(static call => call.Exception is not null));
        var calls = heard.ToolCalls.Where(static call => call.Exception is null);
        if (!run.Cell.ShowsToolCall)
        {
            Assert.Empty(calls);
            return;
        }

        var call = Assert.Single(calls);
        Assert.Equal("lookup", call.Name);
        Assert.Equal(("Paris", "2"), (call.Arguments!["city"]?.ToString(), call.Arguments["days"]?.ToString()));
    }

    private static void AssertEnd(ContractRun run, Heard heard)
    {
        var kind = run.Cell.Result.Kind;
        if (run.IsInterrupted)
        {
            var interrupted = Assert.IsType<ChatStreamInterruptedException>(heard.Exception);
            var partial = Heard.Of([.. interrupted.PartialResponse.ToChatResponseUpdates()], null);
            Assert.Equal(kind, interrupted.Kind);
            Assert.Equal((run.ExpectedText, run.Cell.Reasoning), (partial.Text, partial.Reasoning));
            Assert.Equal(heard.ToolCalls.Select(static call => call.CallId), partial.ToolCalls.Select(static call => call.CallId));
            Assert.Equal(kind, ChatFailureClassifier.Default.Classify(interrupted.InnerException!).Kind);
            Assert.Equal(ContractReport.Attempts(run), interrupted.Report.Attempts.Select(ContractReport.AttemptOf));
        }
        else if (run.Cell.Result.Outcome == Outcome.ComesBack)
        {
            Assert.Equal(kind, ChatFailureClassifier.Default.Classify(heard.Exception!).Kind);
        }
        else if (run.Cell.Result.Outcome != Outcome.Ended)
        {
            Assert.Equal(run.Cell.Passes ? run.Cell.FinishReason : heard.Response.FinishReason is null ? null : ChatFinishReason.Stop, heard.Response.FinishReason);
        }
    }

    private static void AssertCalls(ContractRun run, TwoProviders providers)
    {
        Assert.Equal((run.Cell.Fault.Detour is null ? 1 : 0, run.AsksFallback ? 1 : 0), (providers.Primary.Calls, providers.Fallback.Calls));
        if (!run.AsksFallback)
        {
            return;
        }

        var request = providers.Fallback.Requests[0];
        if (run.IsContinued)
        {
            Assert.Equal([("user", "Hi"), ("assistant", run.Cell.Text), ("user", ContractRun.Instruction)], request.Messages);
            Assert.InRange(request.MaxTokens!.Value, 1, ContractRun.MostTokens - 1);
        }
        else
        {
            Assert.Equal([("user", "Hi")], request.Messages);
            Assert.Equal(ContractRun.MostTokens, request.MaxTokens);
        }
    }

    private static void AssertCircuits(ContractRun run, TwoProviders providers)
    {
        var (calls, failures, isCoolingDown) = ContractReport.Counts(run);
        Assert.Equal((new(calls, failures, failures), isCoolingDown, CircuitState.Closed), Read(providers.PrimaryCircuit));
        var answered = run.AsksFallback ? 1 : 0;
        Assert.Equal((new(answered, 0, 0), false, CircuitState.Closed), Read(providers.FallbackCircuit));
    }

    private static (CircuitCounts Counts, bool IsCoolingDown, CircuitState State) Read(ChatCircuit circuit) => (circuit.Counts, circuit.IsCoolingDown, circuit.State);

    private static void AssertReport(ContractRun run, ChatCompletedEvent completed)
    {
        var report = completed.Report;
        Assert.Equal(ContractReport.Attempts(run), report.Attempts.Select(ContractReport.AttemptOf));
        Assert.Equal(run.IsContinued, report.WasContinued);
        Assert.Equal(run.Cell.Passes || run.AsksFallback ? null : run.Cell.Result.Kind, completed.Failure);
        Assert.Equal((ContractReport.ServedBy(run), run.AsksFallback), (report.ServedBy, report.IsDegraded));
    }
}
