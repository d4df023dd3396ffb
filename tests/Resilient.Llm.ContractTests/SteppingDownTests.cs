using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Rows of the failure table whose consequence depends on the ladder.</summary>
public class SteppingDownTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ContextTooLong_LargerModelBelow_IsAsked(WireProtocol primary, bool streaming)
    {
        await using var first = await LoopbackProvider.StartAsync(Script.ContextTooLong());
        await using var same = await LoopbackProvider.StartAsync("The equal answers.");
        await using var larger = await LoopbackProvider.StartAsync("The larger answers.");
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", first.Client(primary), static model => model.WithContextWindow(128_000))
            .AddModel("equal", same.Client(primary.Other()), static model => model.WithContextWindow(128_000))
            .AddModel("larger", larger.Client(primary.Other()), static model => model.WithContextWindow(200_000))
            .Build();

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal("The larger answers.", heard.Text);
        Assert.Equal(
            [("primary", FailureKind.ContextTooLong), ("equal", FailureKind.Rejected), ("larger", null)],
            heard.Report!.Attempts.Select(static attempt => (attempt.Step, attempt.Failure)));
        Assert.Equal((1, 0, 1), (first.Calls, same.Calls, larger.Calls));
    }

    /// <summary>By status, by finish reason and in OpenAI's own field: who opts in gets the next model for all of them.</summary>
    [Theory]
    [InlineData("content filter by status", WireProtocol.Anthropic, false)]
    [InlineData("content filter by status", WireProtocol.Anthropic, true)]
    [InlineData("content filter by status", WireProtocol.OpenAI, false)]
    [InlineData("content filter by status", WireProtocol.OpenAI, true)]
    [InlineData("content filter", WireProtocol.Anthropic, false)]
    [InlineData("content filter", WireProtocol.Anthropic, true)]
    [InlineData("content filter", WireProtocol.OpenAI, false)]
    [InlineData("content filter", WireProtocol.OpenAI, true)]
    [InlineData("refusal", WireProtocol.Anthropic, false)]
    [InlineData("refusal", WireProtocol.OpenAI, false)]
    [InlineData("refusal", WireProtocol.OpenAI, true)]
    public async Task ContentFiltered_OptedIn_StepsDown(string fault, WireProtocol primary, bool streaming)
    {
        var row = ContractTable.Get(fault);
        await using var providers = await TwoProviders.StartAsync(primary, row.Script(Phase.BeforeContent));
        var ladder = providers.Ladder(static ladder => ladder.WithFailures(static failures =>
            failures.Reactions[FailureKind.ContentFiltered] = new(RetrySameEndpoint: false, HealthEffect.Neutral, StepDown: true)));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        Assert.Equal(FailureKind.ContentFiltered, heard.Report!.Attempts[0].Failure);
        Assert.Equal(0, providers.PrimaryCircuit.Counts.Failures);
    }

    /// <summary>From a lower rung a bad request only says that this model cannot take over.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task InvalidRequest_OfALowerStep_StepsOnAndKeepsTheFirstError(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.ServerError());
        providers.Fallback.Behavior = Script.BadRequest();

        var withLastResort = await Heard.FromAsync(providers.Ladder(static ladder => ladder.AddLastResort()), streaming);
        var without = await Heard.FromAsync(providers.Ladder(), streaming);

        Assert.Equal(AnswerSource.LastResort, withLastResort.Report!.Source);
        var unavailable = Assert.IsType<ChatUnavailableException>(without.Exception);
        Assert.Equal(FailureKind.ServerError, ChatFailureClassifier.Default.Classify(unavailable.InnerException!).Kind);
    }
}
