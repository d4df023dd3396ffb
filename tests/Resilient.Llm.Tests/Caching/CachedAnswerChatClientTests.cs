using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

public class CachedAnswerChatClientTests
{
    private readonly ManualTimeProvider _time = new();

    public static TheoryData<CachedAnswerMode, bool> ModesAndShapes => new()
    {
        { CachedAnswerMode.OnFailure, false },
        { CachedAnswerMode.OnFailure, true },
        { CachedAnswerMode.ReadThrough, false },
        { CachedAnswerMode.ReadThrough, true },
    };

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task OnFailure_ModelFailsAfterAnAnswer_ServesThatAnswerToEitherShape(bool askedStreaming, bool servedStreaming)
    {
        var model = new FakeChatClient(call => call.Number == 1 ? Task.FromResult(Answers.Text("42")) : Answers.Fail());
        using var client = new CachedAnswerChatClient(model, null, _time);

        await client.AskAsync(askedStreaming, "q");
        var served = await client.AskAsync(servedStreaming, "q");

        Assert.Equal("42", served.Text);
        Assert.Equal(ChatFinishReason.Stop, served.FinishReason);
        Assert.Equal(2, model.Calls);
    }

    [BothWays]
    public async Task OnFailure_ModelWorks_AsksItEveryTime(bool streaming)
    {
        var model = new FakeChatClient(call => Task.FromResult(Answers.Text($"answer {call.Number}")));
        using var client = new CachedAnswerChatClient(model, null, _time);

        await client.AskAsync(streaming, "q");

        Assert.Equal("answer 2", (await client.AskAsync(streaming, "q")).Text);
    }

    [BothWays]
    public async Task OnFailure_NothingStored_FailsAsTheModelDid(bool streaming)
    {
        using var client = new CachedAnswerChatClient(new FakeChatClient(_ => Answers.Fail()), null, _time);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, "q"));
    }

    [BothWays]
    public async Task OnFailure_CallerCancels_ServesNothing(bool streaming)
    {
        using var cancel = new CancellationTokenSource();
        var model = new FakeChatClient(async call =>
        {
            if (call.Number > 1)
            {
                await cancel.CancelAsync();
                throw new OperationCanceledException(cancel.Token);
            }

            return Answers.Text("42");
        });
        using var client = new CachedAnswerChatClient(model, null, _time);
        ChatMessage[] question = [new(ChatRole.User, "q")];
        await client.AskAsync(streaming, question);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync(streaming, question, null, cancel.Token));
    }

    [BothWays]
    public async Task OnFailure_FailureThatIsNotCovered_IsPassedOn(bool streaming)
    {
        var model = new FakeChatClient(call => call.Number == 1 ? Task.FromResult(Answers.Text("42")) : Answers.Fail());
        using var client = new CachedAnswerChatClient(model, new(new(), _time), isInLadder: false, static failure => failure is not HttpRequestException);
        await client.AskAsync(streaming, "q");

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, "q"));
    }

    [Fact]
    public async Task OnFailure_StreamBreaksAfterText_IsNotGluedTogetherWithAStoredAnswer()
    {
        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(model, null, _time);
        await client.AskAsync(streaming: true, "q");
        model.BreakAtEnd = new HttpRequestException("cut");

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: true, "q"));
    }

    [Fact]
    public async Task OnFailure_StreamBreaksAfterItsPreamble_ServesTheStoredAnswerAlone()
    {
        var model = new FakeChatClient(call => Task.FromResult(
            call.Number == 1 ? Answers.Text("42") : new ChatResponse(new ChatMessage(ChatRole.Assistant, "") { MessageId = "preamble" }) { ResponseId = "r2" }));
        using var client = new CachedAnswerChatClient(model, null, _time);
        await client.AskAsync(streaming: true, "q");
        model.BreakAtEnd = new HttpRequestException("cut");

        var served = await client.AskAsync(streaming: true, "q");

        Assert.Null(Assert.Single(served.Messages).MessageId);
        Assert.Equal("42", served.Text);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ReadThrough_SameQuestionAgain_IsAnsweredWithoutTheModel(bool askedStreaming, bool servedStreaming)
    {
        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(model, new() { Mode = CachedAnswerMode.ReadThrough }, _time);

        await client.AskAsync(askedStreaming, "q");
        var served = await client.AskAsync(servedStreaming, "q");

        Assert.Equal("42", served.Text);
        Assert.Equal(1, model.Calls);
    }

    [BothWays]
    public async Task ReadThrough_AnswerReachesMaxAge_AsksAgain(bool streaming)
    {
        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(model, new() { Mode = CachedAnswerMode.ReadThrough, MaxAge = TimeSpan.FromHours(1) }, _time);
        await client.AskAsync(streaming, "q");

        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        await client.AskAsync(streaming, "q");
        Assert.Equal(1, model.Calls);

        _time.Advance(TimeSpan.FromTicks(1));
        await client.AskAsync(streaming, "q");
        Assert.Equal(2, model.Calls);
    }

    [Theory]
    [MemberData(nameof(ModesAndShapes))]
    public async Task AnyMode_TwoTenantsAskTheSame_NeverShareAnAnswer(CachedAnswerMode mode, bool streaming)
    {
        var model = new FakeChatClient(call =>
            call.Number <= 1 ? Task.FromResult(Answers.Text("secret of tenant a")) : Answers.Fail());
        using var client = new CachedAnswerChatClient(model, new() { Mode = mode }, _time);
        await client.AskAsync(streaming, "q", new ResilientChatOptions { CachePartition = "a" });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, "q", new ResilientChatOptions { CachePartition = "b" }));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, "q"));
        Assert.Equal("secret of tenant a", (await client.AskAsync(streaming, "q", new ResilientChatOptions { CachePartition = "a" })).Text);
    }

    [Theory]
    [MemberData(nameof(ModesAndShapes))]
    public async Task AnyMode_MessagesChangedDuringTheCall_AnswerBelongsToTheQuestionAsItWasAsked(CachedAnswerMode mode, bool streaming)
    {
        var model = new FakeChatClient(call =>
        {
            // As providers may, and some do.
            call.Messages[0].Contents[0] = new TextContent("changed");
            return call.Number == 1 ? Task.FromResult(Answers.Text("42")) : Answers.Fail();
        });
        using var client = new CachedAnswerChatClient(model, new() { Mode = mode }, _time);
        await client.AskAsync(streaming, "q");

        Assert.Equal("42", (await client.AskAsync(streaming, "q")).Text);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, "changed"));
    }

    [Theory]
    [MemberData(nameof(ModesAndShapes))]
    public async Task AnyMode_CallerChangesWhatItWasServed_NextCallerGetsTheOriginal(CachedAnswerMode mode, bool streaming)
    {
        var model = new FakeChatClient(call => call.Number == 1 ? Task.FromResult(Answers.Text("42")) : Answers.Fail());
        using var client = new CachedAnswerChatClient(model, new() { Mode = mode }, _time);
        for (var i = 0; i < 3; i++)
        {
            var served = await client.AskAsync(streaming, "q");
            Assert.Equal("42", served.Text);
            ((TextContent)served.Messages[0].Contents[0]).Text = "spoilt";
            served.Messages.Clear();
        }
    }

    [Theory]
    [MemberData(nameof(ModesAndShapes))]
    public async Task AnyMode_SequenceThatCanBeReadOnce_IsReadOnce(CachedAnswerMode mode, bool streaming)
    {
        var reads = 0;
        IEnumerable<ChatMessage> Once()
        {
            Assert.Equal(1, ++reads);
            yield return new(ChatRole.User, "q");
        }

        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(model, new() { Mode = mode }, _time);

        await client.AskAsync(streaming, Once());

        Assert.Single(model.Last!.Messages);
    }

    [Fact]
    public async Task Stream_ReaderWalksAway_StoresNothing()
    {
        var model = new FakeChatClient(_ => Task.FromResult(Answers.Text("42")));
        using var client = new CachedAnswerChatClient(model, new() { Mode = CachedAnswerMode.ReadThrough }, _time);
        await foreach (var update in client.GetStreamingResponseAsync([new(ChatRole.User, "q")]))
        {
            break;
        }

        await client.AskAsync(streaming: false, "q");

        Assert.Equal(2, model.Calls);
    }

    [Fact]
    public async Task Stream_ReaderChangesUpdatesOnTheWay_StoresWhatTheModelSaid()
    {
        using var client = new CachedAnswerChatClient(new FakeChatClient("42"), new() { Mode = CachedAnswerMode.ReadThrough }, _time);
        await foreach (var update in client.GetStreamingResponseAsync([new(ChatRole.User, "q")]))
        {
            update.Contents.Clear();
        }

        Assert.Equal("42", (await client.AskAsync(streaming: false, "q")).Text);
    }
}
