using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Every cell of <see cref="StreamTable"/> under every policy, through the real SDKs over real sockets.</summary>
public abstract class StreamContractTests(WireProtocol protocol)
{
    private const int MostTokens = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);
    private static readonly string s_instruction = new ChatFallbackOptions().ContinuationInstruction;

    public static TheoryData<string, StreamPhase, MidStreamPolicy, RestShape> Cases
    {
        get
        {
            var cases = new TheoryData<string, StreamPhase, MidStreamPolicy, RestShape>();
            foreach (var row in StreamTable.All)
            {
                foreach (var phase in Enum.GetValues<StreamPhase>().Where(phase => row.At(phase) != StreamOutcome.Impossible))
                {
                    cases.Add(row.Name, phase, MidStreamPolicy.Interrupt, RestShape.Fits);
                    cases.Add(row.Name, phase, MidStreamPolicy.Continue, RestShape.Fits);
                    if (row.At(phase) == StreamOutcome.Policy && !IsSilence(row, phase))
                    {
                        cases.Add(row.Name, phase, MidStreamPolicy.Continue, RestShape.Overlaps);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Stream_PrimaryHasFault_ContractHolds(string fault, StreamPhase phase, MidStreamPolicy policy, RestShape shape)
    {
        var row = StreamTable.All.Single(row => row.Name == fault);
        var cell = new StreamCell(row, phase, protocol, policy);
        await using var providers = await TwoProviders.StartAsync(protocol, row.Script(phase));
        providers.Fallback.Respond(request => request.LastText == s_instruction ? Rest(cell, shape) : Script.Answer(TwoProviders.FallbackText));
        using var http = row.Detour is null ? null : new HttpClient(new Detour(row.Detour));
        if (row.Detour == Detour.Refused)
        {
            await providers.Primary.DisposeAsync();
        }

        var ladder = providers.Ladder(
            builder => builder.WithFallback(options => options.MidStream = policy),
            model => Bound(model, cell),
            http is null ? null : providers.Primary.Client(protocol, http));

        var heard = await StreamCaller.ReadAsync(
            ladder,
            new() { MaxOutputTokens = MostTokens },
            row.Caller,
            update => IsReached(update, phase),
            cell.ShowsNothing ? providers.Primary.WhenCalledAsync() : null).Soon();

        AssertHeard(cell, heard);
        AssertEnd(cell, heard);
        AssertCalls(cell, providers);
        AssertHealth(cell, providers);
        AssertReport(cell, Assert.Single(providers.Completed));
        if (row.Caller != CallerAct.ReadsOn)
        {
            await providers.Primary.WhenAbortedAsync().Soon();
        }

        await providers.Primary.WhenIdleAsync().Soon();
        if (IsSilence(row, phase))
        {
            // Elsewhere a client may close its connection before or after the server has noticed that it is done.
            Assert.Equal(1, providers.Primary.AbortedByClient);
        }
    }

    private static bool IsSilence(StreamFault row, StreamPhase phase) =>
        row.Script(phase).Fault is ScriptFault.HangBeforeHeaders or ScriptFault.Stall or ScriptFault.KeepAlives;

    /// <summary>Only where silence is the fault is time short: elsewhere a slow machine must not turn the fault into a timeout.</summary>
    private static void Bound(ChatModelBuilder model, StreamCell cell)
    {
        if (IsSilence(cell.Fault, cell.Phase) && cell.Fault.Caller == CallerAct.ReadsOn)
        {
            model.WithTimeouts(timeouts =>
            {
                timeouts.IdleTimeout = s_patience;
                timeouts.FirstContentTimeout = cell.ShowsNothing ? s_patience : null;
            });
        }
    }

    /// <summary>How the next model goes on, and what of it must not reach the caller.</summary>
    private static Script Rest(StreamCell cell, RestShape shape) => shape == RestShape.Fits
        ? Script.Answer(cell.Rest)
        : Script.Reasoning("Where was I?", string.Concat(cell.Text.AsSpan(cell.Text.LastIndexOf(' ', cell.Text.LastIndexOf(' ') - 1) + 1), cell.Rest));

    private static bool IsReached(ChatResponseUpdate update, StreamPhase phase) => phase switch
    {
        StreamPhase.AfterReasoning => update.Contents.OfType<TextReasoningContent>().Any(static content => content.Text.Length > 0),
        StreamPhase.AfterText => update.Text.Length > 0,
        StreamPhase.AfterToolCall => update.Contents.OfType<FunctionCallContent>().Any(),
        _ => false,
    };

    /// <summary>No text lost, doubled or reordered; reasoning and tool calls of the primary alone, whole and once.</summary>
    private static void AssertHeard(StreamCell cell, Heard heard)
    {
        Assert.Equal(cell.ExpectedText, string.Concat(heard.Updates.Select(static update => update.Text)));
        Assert.Equal(cell.ExpectedText, heard.Text);
        Assert.Equal(cell.Reasoning, heard.Reasoning);
        Assert.Single(heard.Updates.Where(static update => update.Text.Length > 0).Select(static update => (update.MessageId, update.ResponseId)).Distinct().DefaultIfEmpty());
        if (!cell.ShowsToolCall)
        {
            Assert.Empty(heard.ToolCalls);
            return;
        }

        var call = Assert.Single(heard.ToolCalls);
        Assert.Equal(("lookup", "call_loopback_1", null), (call.Name, call.CallId, call.Exception));
        Assert.Equal(("Paris", "2"), (call.Arguments!["city"]?.ToString(), call.Arguments["days"]?.ToString()));
    }

    private static void AssertEnd(StreamCell cell, Heard heard)
    {
        switch (cell.End)
        {
            case StreamEnd.Whole:
                Assert.Null(heard.Exception);
                Assert.Equal(cell.FinishReason, heard.Response.FinishReason);
                break;
            case StreamEnd.Interrupted:
                var interrupted = Assert.IsType<ChatStreamInterruptedException>(heard.Exception);
                var partial = Heard.Of([.. interrupted.PartialResponse.ToChatResponseUpdates()], null);
                Assert.Equal(cell.Kind, interrupted.Kind);
                Assert.Equal((cell.ExpectedText, cell.Reasoning), (partial.Text, partial.Reasoning));
                Assert.Equal(heard.ToolCalls.Select(static call => call.CallId), partial.ToolCalls.Select(static call => call.CallId));
                Assert.Equal(cell.Kind, ChatFailureClassifier.Default.Classify(interrupted.InnerException!).Kind);
                Assert.Equal(cell.Attempts, interrupted.Report.Attempts.Select(StreamCell.AttemptOf));
                break;
            case StreamEnd.ComesBack:
                Assert.NotNull(heard.Exception);
                Assert.IsNotAssignableFrom<ResilientChatException>(heard.Exception);
                Assert.Equal(cell.Kind, ChatFailureClassifier.Default.Classify(heard.Exception).Kind);
                break;
            case StreamEnd.Cancelled:
                Assert.IsAssignableFrom<OperationCanceledException>(heard.Exception);
                break;
            case StreamEnd.LeftAlone:
                Assert.True(heard.Exception is null or OperationCanceledException, heard.Exception?.ToString());
                break;
        }
    }

    private static void AssertCalls(StreamCell cell, TwoProviders providers)
    {
        Assert.Equal((cell.Fault.Detour is null ? 1 : 0, cell.AsksFallback ? 1 : 0), (providers.Primary.Calls, providers.Fallback.Calls));
        if (!cell.AsksFallback)
        {
            return;
        }

        var request = providers.Fallback.Requests[0];
        if (cell.IsContinued)
        {
            Assert.Equal([("user", "Hi"), ("assistant", cell.Text), ("user", s_instruction)], request.Messages);
            Assert.InRange(request.MaxTokens!.Value, 1, MostTokens - 1);
        }
        else
        {
            Assert.Equal([("user", "Hi")], request.Messages);
            Assert.Equal(MostTokens, request.MaxTokens);
        }
    }

    private static void AssertHealth(StreamCell cell, TwoProviders providers)
    {
        var (calls, failures, isCoolingDown) = cell.Breaker;
        Assert.Equal((new(calls, failures, failures), isCoolingDown, CircuitState.Closed), Read(providers.PrimaryCircuit));
        var answered = cell.AsksFallback ? 1 : 0;
        Assert.Equal((new(answered, 0, 0), false, CircuitState.Closed), Read(providers.FallbackCircuit));
    }

    private static (CircuitCounts Counts, bool IsCoolingDown, CircuitState State) Read(ChatCircuit circuit) => (circuit.Counts, circuit.IsCoolingDown, circuit.State);

    private static void AssertReport(StreamCell cell, ChatCompletedEvent completed)
    {
        var report = completed.Report;
        Assert.Equal(cell.Attempts, report.Attempts.Select(StreamCell.AttemptOf));
        Assert.Equal(cell.IsContinued, report.WasContinued);
        Assert.Equal(cell.End == StreamEnd.Whole ? null : cell.Kind, completed.Failure);
        Assert.Equal((cell.ServedBy, cell.AsksFallback), (report.ServedBy, report.IsDegraded));
    }
}

/// <summary>How a model that goes on with an answer begins.</summary>
public enum RestShape
{
    /// <summary>With the very next character.</summary>
    Fits,

    /// <summary>With words that stand there already.</summary>
    Overlaps,
}

/// <inheritdoc/>
public sealed class AnthropicStreamContractTests() : StreamContractTests(WireProtocol.Anthropic);

/// <inheritdoc/>
public sealed class OpenAIStreamContractTests() : StreamContractTests(WireProtocol.OpenAI);
