using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Every row of <see cref="ContractTable"/>, for plain calls, through the real SDKs over real sockets.</summary>
public class ContractTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);

    public static TheoryData<string, WireProtocol> Cases
    {
        get
        {
            var cases = new TheoryData<string, WireProtocol>();
            foreach (var fault in ContractTable.All)
            {
                cases.Add(fault.Name, WireProtocol.Anthropic);
                cases.Add(fault.Name, WireProtocol.OpenAI);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Ladder_PrimaryHasFault_CallerMeetsWhatTheTableSays(string fault, WireProtocol primary)
    {
        var row = ContractTable.All.Single(row => row.Name == fault);
        var expected = row.For(primary);
        await using var providers = await TwoProviders.StartAsync(primary, row.Script);
        var ladder = providers.Ladder(primary: model => Bound(model, row));

        var heard = await Heard.FromAsync(ladder, streaming: false);

        AssertFate(expected, heard);
        AssertReport(expected, Assert.Single(providers.Completed));
        AssertHealth(ContractTable.HealthOf(expected.Kind), providers.PrimaryCircuit);
        Assert.Equal((1, expected.Fate == Fate.StepsDown ? 1 : 0), (providers.Primary.Calls, providers.Fallback.Calls));
        await providers.Primary.WhenIdleAsync().Soon();
        if (row.IsSilence)
        {
            // Elsewhere a client may close its connection before or after the server has noticed that it is done.
            Assert.Equal(1, providers.Primary.AbortedByClient);
        }
    }

    /// <summary>Only where silence is the fault is time short: elsewhere a slow machine must not turn the fault into a timeout.</summary>
    private static void Bound(ChatModelBuilder model, Fault row)
    {
        if (row.IsSilence)
        {
            model.WithTimeouts(static timeouts => timeouts.AttemptTimeout = s_patience);
        }
    }

    private static void AssertFate(Expected expected, Heard heard)
    {
        switch (expected.Fate)
        {
            case Fate.Passes:
                Assert.Null(heard.Exception);
                Assert.Equal((expected.Text, expected.FinishReason), (heard.Text, heard.Response.FinishReason));
                break;
            case Fate.StepsDown:
                Assert.Null(heard.Exception);
                Assert.Equal(TwoProviders.FallbackText, heard.Text);
                Assert.Empty(heard.ToolCalls);
                break;
            case Fate.ComesBack:
                Assert.NotNull(heard.Exception);
                Assert.IsNotAssignableFrom<ResilientChatException>(heard.Exception);
                Assert.Equal(expected.Kind, ChatFailureClassifier.Default.Classify(heard.Exception).Kind);
                Assert.Empty(heard.Response.Messages);
                break;
        }
    }

    private static void AssertReport(Expected expected, ChatCompletedEvent completed)
    {
        var report = completed.Report;
        var attempts = report.Attempts.Select(static attempt => (attempt.Step, attempt.Failure));
        switch (expected.Fate)
        {
            case Fate.Passes:
                Assert.Equal(("primary", false, null), (report.ServedBy, report.IsDegraded, completed.Failure));
                Assert.Equal([("primary", null)], attempts);
                break;
            case Fate.StepsDown:
                Assert.Equal(("fallback", true, null), (report.ServedBy, report.IsDegraded, completed.Failure));
                Assert.Equal([("primary", expected.Kind), ("fallback", null)], attempts);
                break;
            case Fate.ComesBack:
                Assert.Equal((null, AnswerSource.None, expected.Kind), (report.ServedBy, report.Source, completed.Failure));
                Assert.Equal([("primary", expected.Kind)], attempts);
                break;
        }
    }

    private static void AssertHealth(Health expected, ChatCircuit circuit) =>
        Assert.Equal((expected == Health.Failed ? 1 : 0, expected == Health.CooldownStarted), (circuit.Counts.Failures, circuit.IsCoolingDown));
}
