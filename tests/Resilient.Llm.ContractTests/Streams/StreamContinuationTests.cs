using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What the table's one break does not show: continuations that fail themselves, and answers that nobody may go on with.</summary>
public class StreamContinuationTests
{
    private const string Words = ContractTable.Words;
    private const string Half = "The tide turns twice";
    private const string MoreThanHalf = "The tide turns twice a day because";

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_BreaksToo_FirstModelGoesOnFromThere(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(4, Words));
        providers.Fallback.Behavior = Script.CutAfter(3, Words[Half.Length..]);
        var ladder = Ladder(providers);
        providers.Primary.Enqueue(providers.Primary.Behavior, Script.Answer(Words[MoreThanHalf.Length..]));

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertWhole(heard, ("primary", FailureKind.Network), ("fallback", FailureKind.Network), ("primary", null));
        Assert.Equal((2, 1), (providers.Primary.Calls, providers.Fallback.Calls));
        Assert.Equal(("assistant", MoreThanHalf), providers.Primary.Requests[1].Messages[1]);
        Assert.Equal((new(2, 1, 0), new(1, 1, 1)), (providers.PrimaryCircuit.Counts, providers.FallbackCircuit.Counts));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_IsRefusedByStatus_FirstModelGoesOn(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(4, Words));
        providers.Fallback.Behavior = Script.ServerError();
        var ladder = Ladder(providers);
        providers.Primary.Enqueue(providers.Primary.Behavior, Script.Answer(Words[Half.Length..]));

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertWhole(heard, ("primary", FailureKind.Network), ("fallback", FailureKind.ServerError), ("primary", null));
        Assert.Equal((2, 1), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    /// <summary>A model that answers from the beginning would say everything twice, and not quite the same.</summary>
    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_StartsOver_NothingOfItIsSeen(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(9, Words));
        providers.Fallback.Behavior = Script.Answer("The tide turns twice a day because the month is long.");
        var ladder = Ladder(providers);
        providers.Primary.Enqueue(providers.Primary.Behavior, Script.Answer(" pulls the sea."));

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertWhole(heard, ("primary", FailureKind.Network), ("fallback", FailureKind.InvalidResponse), ("primary", null));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_RepeatsAllOfItFirst_SeenOnce(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(9, Words));
        providers.Fallback.Behavior = Script.Answer(Words);
        var ladder = Ladder(providers);

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertWhole(heard, ("primary", FailureKind.Network), ("fallback", null));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_NobodyIsLeft_InterruptedByTheBreakThatWasSeen(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.ServerError());
        providers.Fallback.Behavior = Script.ServerError();
        providers.Primary.Enqueue(Script.CutAfter(4, Words));
        var ladder = Ladder(providers);

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertInterrupted(heard, Half, ("primary", FailureKind.Network), ("fallback", FailureKind.ServerError), ("primary", FailureKind.ServerError));
        Assert.Equal((2, 1), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_BreaksAsOftenAsIsAllowed_InterruptedWithAllThatArrived(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(4, Words));
        providers.Fallback.Behavior = Script.CutAfter(3, Words[Half.Length..]);
        var ladder = Ladder(providers, most: 1);

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertInterrupted(heard, MoreThanHalf, ("primary", FailureKind.Network), ("fallback", FailureKind.Network));
        Assert.Equal((1, 1), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    /// <summary>The primary's text and the fallback's call: each from one provider, each once.</summary>
    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Continuation_CallsATool_TextAndCallArriveOnce(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(4, Words));
        providers.Fallback.Behavior = Script.ToolCall("lookup", """{"city":"Paris"}""", Words[Half.Length..]);
        var ladder = Ladder(providers);

        var heard = await Heard.FromAsync(ladder, streaming: true);

        AssertWhole(heard, ("primary", FailureKind.Network), ("fallback", null));
        Assert.Equal("Paris", Assert.Single(heard.ToolCalls).Arguments!["city"]?.ToString());
        Assert.Equal(primary.Other() == WireProtocol.Ollama ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls, heard.Response.FinishReason);
    }

    [Theory]
    [InlineData("Look:\n\n```csharp\nvar a = 1; var b = 2;", false)]
    [InlineData("{\"tide\": \"twice a day\", \"because\":", false)]
    [InlineData("<p>The tide turns twice a day", false)]
    [InlineData(Words, true)]
    public async Task Break_InWhatIsNoProse_InterruptedUnderContinueToo(string text, bool asksForJson)
    {
        foreach (var primary in (WireProtocol[])[WireProtocol.Anthropic, WireProtocol.OpenAI])
        {
            await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(4, text));
            var ladder = Ladder(providers);

            var heard = await Heard.FromAsync(ladder, streaming: true, asksForJson ? new() { ResponseFormat = ChatResponseFormat.Json } : null);

            AssertInterrupted(heard, string.Join(' ', text.Split(' ').Take(4)), ("primary", FailureKind.Network));
            Assert.Equal((1, 0), (providers.Primary.Calls, providers.Fallback.Calls));
        }
    }

    private static IChatClient Ladder(TwoProviders providers, int most = 3) => providers.Ladder(ladder => ladder.WithFallback(options =>
    {
        options.MidStream = MidStreamPolicy.Continue;
        options.MaxContinuations = most;
    }));

    private static void AssertWhole(Heard heard, params (string Step, FailureKind? Failure)[] attempts)
    {
        Assert.Null(heard.Exception);
        Assert.Equal(Words, heard.Text);
        Assert.Single(heard.Updates.Where(static update => update.Text.Length > 0).Select(static update => update.MessageId).Distinct());
        Assert.True(heard.Report!.WasContinued);
        AssertAttempts(heard.Report, attempts);
    }

    private static void AssertInterrupted(Heard heard, string text, params (string Step, FailureKind? Failure)[] attempts)
    {
        var interrupted = Assert.IsType<ChatStreamInterruptedException>(heard.Exception);
        Assert.Equal((text, text), (heard.Text, interrupted.PartialResponse.Text));
        Assert.Equal((FailureKind.Network, FailureKind.Network), (interrupted.Kind, ChatFailureClassifier.Default.Classify(interrupted.InnerException!).Kind));
        AssertAttempts(interrupted.Report, attempts);
    }

    private static void AssertAttempts(ResilienceReport report, (string Step, FailureKind? Failure)[] attempts)
    {
        Assert.Equal(attempts, report.Attempts.Select(static attempt => (attempt.Step, attempt.Failure)));
        Assert.Equal(
            attempts.Select(static (_, i) => i == 0 ? AttemptRole.Ordinary : AttemptRole.Continuation),
            report.Attempts.Select(static attempt => attempt.Role));
    }
}
