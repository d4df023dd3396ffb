using System.Collections;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A stream that is left in the very moment in which it goes on.</summary>
public sealed class FallbackStreamLeavingTests
{
    private readonly LadderLab _lab = new();

    [Fact]
    public async Task Disposed_WhileAnUpdateIsDelivered_NothingOfItReachesAnotherRequest()
    {
        LadderLab.GoOnInline();
        var contents = new Contents(new TextContent("secret"), new TextContent("."));
        _lab.Primary
            .Then(Scripted.Answer("a "))
            .Always(Scripted.Answer("b ", "c ", "d ").BreakingAfter(3, new IOException("cut")));
        var answer = new FixedStreamClient(
            new(ChatRole.Assistant, "first "), new() { Role = ChatRole.Assistant, Contents = contents }, new() { FinishReason = ChatFinishReason.Stop });
        using var first = new FallbackChatClient([new("primary", answer)], new() { MidStream = MidStreamPolicy.Interrupt }, timeProvider: _lab.Clock);
        using var other = new FallbackChatClient([new("primary", _lab.Primary)], new() { MidStream = MidStreamPolicy.Interrupt }, timeProvider: _lab.Clock);
        _lab.Primary.Always(Scripted.Answer("b ", "c ", "d ").BreakingAfter(3, new IOException("cut")));
        await other.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync();

        var stream = first.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var others = other.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        contents.OnRead = () =>
        {
            contents.OnRead = null;
            stream.DisposeAsync().AsTask().GetAwaiter().GetResult();
            others.MoveNextAsync().AsTask().GetAwaiter().GetResult();
            others.MoveNextAsync().AsTask().GetAwaiter().GetResult();
            others.MoveNextAsync().AsTask().GetAwaiter().GetResult();
        };
        try
        {
            await stream.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
        }

        Assert.Null(contents.OnRead);
        var broken = await Assert.ThrowsAsync<ChatStreamInterruptedException>(async () =>
        {
            while (await others.MoveNextAsync())
            {
            }
        });
        Assert.Equal("b c d ", broken.PartialResponse.Text);
    }

    [Fact]
    public async Task Disposed_WhileAContinuationIsPrepared_ProbePermitGoesBack()
    {
        LadderLab.GoOnInline();
        IAsyncEnumerator<ChatResponseUpdate>? stream = null;
        var isArmed = false;
        using var ladder = _lab.Builder()
            .WithRetries(0)
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5))
            .AddModel("primary", _lab.Primary)
            .AddModel("cheaper", _lab.Cheaper, model => model.ConfigureOptions(_ =>
            {
                if (isArmed)
                {
                    isArmed = false;
                    stream!.DisposeAsync().AsTask().GetAwaiter().GetResult();
                }
            }))
            .Build();
        _lab.FailPrimary();
        _lab.Cheaper.Then(Scripted.Throw(LadderLab.Status(404))).Always(Scripted.Answer("two."));
        await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming: true)));
        ladder.Circuit("primary").Reset();
        _lab.Clock.Advance(TimeSpan.FromSeconds(6));
        _lab.Primary.Always(Scripted.Answer("one ").BreakingAfter(1, new IOException("cut")));
        stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        isArmed = true;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await stream.MoveNextAsync())
            {
            }
        });
        Assert.False(isArmed);

        _lab.FailPrimary();
        Assert.Equal("two.", (await _lab.RunAsync(ladder.AskAsync(streaming: true))).Text);
    }

    [Fact]
    public async Task Continuation_FinishReasonTogetherWithReasoning_IsPassedOn()
    {
        _lab.Primary.Always(Scripted.Answer("one ").BreakingAfter(1, new IOException("cut")));
        using var next = new FixedStreamClient(
            new(ChatRole.Assistant, "two, and so on."),
            new(ChatRole.Assistant, [new TextReasoningContent("done")]) { FinishReason = ChatFinishReason.Length });
        using var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddModel("cheaper", next).Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal("one two, and so on.", response.Text);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    /// <summary>Contents that tell when they are copied.</summary>
    private sealed class Contents(params AIContent[] contents) : IList<AIContent>
    {
        public Action? OnRead { get; set; }

        public int Count => contents.Length;

        public bool IsReadOnly => true;

        public AIContent this[int index] { get => contents[index]; set => throw new NotSupportedException(); }

        public IEnumerator<AIContent> GetEnumerator()
        {
            OnRead?.Invoke();
            return ((IEnumerable<AIContent>)contents).GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public int IndexOf(AIContent item) => Array.IndexOf(contents, item);

        public bool Contains(AIContent item) => contents.Contains(item);

        public void CopyTo(AIContent[] array, int arrayIndex)
        {
            OnRead?.Invoke();
            contents.CopyTo(array, arrayIndex);
        }

        public void Insert(int index, AIContent item) => throw new NotSupportedException();

        public void RemoveAt(int index) => throw new NotSupportedException();

        public void Add(AIContent item) => throw new NotSupportedException();

        public void Clear() => throw new NotSupportedException();

        public bool Remove(AIContent item) => throw new NotSupportedException();
    }
}
