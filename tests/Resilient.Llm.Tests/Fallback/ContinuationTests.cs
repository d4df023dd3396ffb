using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class ContinuationTests
{
    private readonly LadderLab _lab = new();

    [Fact]
    public async Task Continue_PlainProse_NextModelGoesOnInTheSameMessage()
    {
        _lab.Primary.Always(Broken("The quick ", "brown fox "));
        _lab.Cheaper.Always(Scripted.Answer("jumps over ", "the dog."));

        var response = await AskAsync(new() { MaxOutputTokens = 100 });

        Assert.Equal("The quick brown fox jumps over the dog.", response.Text);
        Assert.Single(response.Messages);
        Assert.Equal("message-1", response.ResponseId);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        var asked = Assert.Single(_lab.Cheaper.Calls);
        Assert.Equal(
            [(ChatRole.User, "question"), (ChatRole.Assistant, "The quick brown fox "), (ChatRole.User, new ChatFallbackOptions().ContinuationInstruction)],
            asked.Messages.Select(static message => (message.Role, message.Text)));
        Assert.Equal(95, asked.Options!.MaxOutputTokens);
    }

    [Fact]
    public async Task Continue_Report_NamesEveryAuthor()
    {
        _lab.Primary.Always(Broken("one "));
        _lab.Cheaper.Always(Scripted.Answer("two"));

        var report = (await AskAsync()).GetResilienceReport()!;

        Assert.True(report.WasContinued);
        Assert.True(report.IsDegraded);
        Assert.Equal("cheaper", report.ServedBy);
        Assert.Collection(
            report.Attempts,
            first => Assert.Equal(("primary", FailureKind.Network, AttemptRole.Ordinary, AttemptDelivery.Content), (first.Step, first.Failure!.Value, first.Role, first.Delivered)),
            next => Assert.Equal(("cheaper", null, AttemptRole.Continuation, AttemptDelivery.Content), (next.Step, next.Failure, next.Role, next.Delivered)));
        Assert.Equal((0, 0), (_lab.Primary.OpenEnumerators, _lab.Cheaper.OpenEnumerators));
    }

    [Fact]
    public async Task Continue_Retried_EachOfItsCallsIsReportedAsContinuation()
    {
        _lab.Primary.Always(Broken("one "));
        _lab.Cheaper.Then(Scripted.Throw(LadderLab.Status(503))).Then(Scripted.Answer("two"));

        var report = (await AskAsync()).GetResilienceReport()!;

        Assert.Equal(
            [("primary", AttemptRole.Ordinary), ("cheaper", AttemptRole.Continuation), ("cheaper", AttemptRole.Continuation)],
            report.Attempts.Select(static attempt => (attempt.Step, attempt.Role)));
    }

    [Fact]
    public async Task Continue_Usage_IsThatOfBoth()
    {
        _lab.Primary.Always(Scripted.Give(new UsageContent(new() { OutputTokenCount = 3 }), new TextContent("one ")).BreakingAfter(2, Cut()));
        _lab.Cheaper.Always(Scripted.Answer("two").Using(7, 2));

        var response = await AskAsync();

        Assert.Equal((7, 5), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount));
    }

    [Fact]
    public async Task Continue_BreaksAgain_GoesRoundAndOn()
    {
        _lab.Primary.Then(Broken("one ")).Then(Scripted.Answer("three"));
        _lab.Cheaper.Always(Broken("two "));

        var response = await AskAsync();

        Assert.Equal("one two three", response.Text);
        Assert.Equal("one two ", _lab.Primary.Calls[1].Messages[^2].Text);
        Assert.Equal("message-1", Assert.Single(response.Messages).MessageId);
    }

    [Fact]
    public async Task Continue_OnlyOneModel_IsAskedAgainItself()
    {
        _lab.Primary.Then(Broken("one ")).Then(Scripted.Answer("two"));
        using var client = _lab.Builder().AddModel("primary", _lab.Primary).WithFallback(static o => o.MidStream = MidStreamPolicy.Continue).Build();

        var response = await _lab.RunAsync(client.AskAsync(streaming: true));

        Assert.Equal("one two", response.Text);
        Assert.False(response.GetResilienceReport()!.IsDegraded);
    }

    [Fact]
    public async Task Continue_SameModelAgainWithoutExtraCallsLeft_Interrupts()
    {
        _lab.Primary.Then(Broken("one ")).Then(Scripted.Answer("two"));
        using var client = _lab.Builder().AddModel("primary", _lab.Primary)
            .WithRetries(static o => o.BudgetFloor = 0)
            .WithFallback(static o => o.MidStream = MidStreamPolicy.Continue)
            .Build();

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(client.AskAsync(streaming: true)));

        Assert.Equal("one ", thrown.PartialResponse.Text);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [Fact]
    public async Task Continue_BreaksTooOften_InterruptsWithAllThatArrived()
    {
        _lab.Primary.Then(Broken("one ")).Then(Broken("three "));
        _lab.Cheaper.Then(Broken("two ")).Then(Broken("four "));

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => AskAsync());

        Assert.Equal("one two three four ", thrown.PartialResponse.Text);
        Assert.True(thrown.Report.WasContinued);
        Assert.Equal(FailureKind.Network, thrown.Kind);
        Assert.Equal((0, 0), (_lab.Primary.OpenEnumerators, _lab.Cheaper.OpenEnumerators));
    }

    [Fact]
    public async Task Continue_NextModelFailsFirst_TheOneAfterGoesOn()
    {
        using var third = ScriptedChatClient.Answering("two");
        _lab.Primary.Always(Broken("one "));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));

        var response = await AskAsync(null, chat => chat.AddModel("third", third));

        Assert.Equal("one two", response.Text);
        Assert.Equal(["primary", "cheaper", "third"], response.GetResilienceReport()!.Attempts.Select(static attempt => attempt.Step));
    }

    [Fact]
    public async Task Continue_NobodyCanGoOn_InterruptsWithTheFirstCause()
    {
        var cut = Cut();
        _lab.Primary.Then(Scripted.Answer("one ").BreakingAfter(1, cut)).Then(Scripted.Throw(LadderLab.Status(404)));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => AskAsync());

        Assert.Same(cut, thrown.InnerException);
        Assert.Equal("one ", thrown.PartialResponse.Text);
        Assert.False(thrown.Report.WasContinued);
    }

    [Fact]
    public async Task Continue_Overlap_IsTrimmed()
    {
        _lab.Primary.Always(Broken("The quick brown ", "fox jumps "));
        _lab.Cheaper.Always(Scripted.Answer("brown f", "ox jumps ", "over."));

        var response = await AskAsync();

        Assert.Equal("The quick brown fox jumps over.", response.Text);
    }

    [Fact]
    public async Task Continue_OverlapThatDoesNotFit_IsNotShown()
    {
        const string Long = "Once upon a time there was a very long story about a fox, ";
        _lab.Primary.Then(Broken(Long, "and a dog ")).Then(Scripted.Throw(LadderLab.Status(404)));
        _lab.Cheaper.Always(Scripted.Answer(Long, "or rather a cat."));

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => AskAsync());

        Assert.Equal(Long + "and a dog ", thrown.PartialResponse.Text);
        Assert.Contains(thrown.Report.Attempts, static attempt => attempt is { Step: "cheaper", Failure: FailureKind.InvalidResponse });
        Assert.Equal(0, _lab.Cheaper.OpenEnumerators);
    }

    [Fact]
    public async Task Continue_ToolCallAfterText_IsTheNextModelsAlone()
    {
        _lab.Primary.Always(Broken("Let me see. "));
        _lab.Cheaper.Always(Scripted.Give(new TextContent("I look."), new FunctionCallContent("1", "look")).Finishing(ChatFinishReason.ToolCalls));

        var response = await AskAsync();

        Assert.Equal("Let me see. I look.", response.Text);
        Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task Continue_ReasoningOfTheNextModel_IsLeftOut()
    {
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("mine"), new TextContent("one ")).BreakingAfter(2, Cut()));
        _lab.Cheaper.Always(Scripted.Give(new TextReasoningContent("theirs"), new TextContent("two")));

        var response = await AskAsync();

        Assert.Equal("one two", response.Text);
        Assert.Equal("mine", Assert.Single(response.Messages.SelectMany(static m => m.Contents).OfType<TextReasoningContent>()).Text);
    }

    public static TheoryData<string> Unsafe => ["tool call", "data", "code", "json", "format", "conversation", "policy", "filter"];

    [Theory]
    [MemberData(nameof(Unsafe))]
    public async Task Continue_Unsafe_InterruptsWithWhatHadArrived(string what)
    {
        Exception failure = what == "filter" ? new ChatAnswerRejectedException("filtered", FailureKind.ContentFiltered) : Cut();
        _lab.Primary.Always((what switch
        {
            "tool call" => Scripted.Give(new TextContent("a"), new FunctionCallContent("1", "f")),
            "data" => Scripted.Give(new TextContent("a"), new DataContent(new byte[] { 1 }, "image/png")),
            "code" => Scripted.Answer("a\n", "```csharp\nint x"),
            "json" => Scripted.Answer("{ \"a\"", ": 1"),
            _ => Scripted.Answer("a", "b"),
        }).BreakingAfter(2, failure));
        ChatOptions options = what switch
        {
            "format" => new() { ResponseFormat = ChatResponseFormat.Json },
            "conversation" => new() { ConversationId = "c" },
            _ => new(),
        };

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(
            () => AskAsync(options, chat => _ = what == "policy" ? chat.WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt) : chat));

        Assert.Same(failure, thrown.InnerException);
        Assert.Equal(2, thrown.PartialResponse.Messages.Sum(static m => m.Contents.Count) + (thrown.PartialResponse.Text.Length > 1 ? 1 : 0));
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    private static HttpIOException Cut() => new(HttpRequestError.ResponseEnded);

    private static Scripted Broken(params string[] chunks) => Scripted.Answer(chunks).BreakingAfter(chunks.Length, Cut());

    private IChatClient Client(Action<ResilientChatBuilder>? configure = null) => _lab.Models(chat =>
    {
        chat.WithFallback(static o => o.MidStream = MidStreamPolicy.Continue);
        configure?.Invoke(chat);
    });

    private Task<ChatResponse> AskAsync(ChatOptions? options = null, Action<ResilientChatBuilder>? configure = null) =>
        _lab.RunAsync(Client(configure).AskAsync(streaming: true, options: options));
}
