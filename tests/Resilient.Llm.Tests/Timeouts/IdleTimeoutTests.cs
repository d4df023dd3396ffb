using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

public sealed class IdleTimeoutTests
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly LadderLab _lab = new();
    private HandFedClient Client { get; } = new();

    [Fact]
    public async Task Idle_ThirtySecondsAfterTheLastContent_Breaks()
    {
        LadderLab.GoOnInline();
        await using var stream = Open();
        await NextAsync(stream, "a");
        _lab.Clock.Advance(TimeSpan.FromMinutes(10));
        var stalled = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(30) - Millisecond);
        Assert.False(stalled.IsCompleted);
        _lab.Clock.Advance(Millisecond);

        await Assert.ThrowsAsync<TimeoutException>(() => stalled);
    }

    [Fact]
    public async Task Idle_EachContent_StartsTheWaitAnew()
    {
        LadderLab.GoOnInline();
        await using var stream = Open();
        for (var i = 0; i < 20; i++)
        {
            var move = stream.MoveNextAsync().AsTask();
            _lab.Clock.Advance(TimeSpan.FromSeconds(29));
            Client.Feed(new TextContent("a"));
            Assert.True(await move);
        }
    }

    [Fact]
    public async Task Idle_Reasoning_StartsTheWaitAnew()
    {
        LadderLab.GoOnInline();
        await using var stream = Open();
        await NextAsync(stream, "a");
        for (var i = 0; i < 5; i++)
        {
            var move = stream.MoveNextAsync().AsTask();
            _lab.Clock.Advance(TimeSpan.FromSeconds(29));
            Client.Feed(new TextReasoningContent("hm"));
            Assert.True(await move);
        }
    }

    [Fact]
    public async Task Idle_KeepAlives_DoNot()
    {
        LadderLab.GoOnInline();
        await using var stream = Open();
        await NextAsync(stream, "a");
        for (var i = 0; i < 29; i++)
        {
            var move = stream.MoveNextAsync().AsTask();
            _lab.Clock.Advance(TimeSpan.FromSeconds(1));
            Client.Feed(i % 2 == 0 ? [] : [new TextContent("")]);
            Assert.True(await move);
        }

        var stalled = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(1) - Millisecond);
        Assert.False(stalled.IsCompleted);
        _lab.Clock.Advance(Millisecond);

        await Assert.ThrowsAsync<TimeoutException>(() => stalled);
    }

    [Fact]
    public async Task Idle_SlowConsumer_NeverTimesTheProviderOut()
    {
        LadderLab.GoOnInline();
        await using var stream = Open();
        await NextAsync(stream, "a");
        var move = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(20));
        Client.Feed();
        Assert.True(await move);

        // An hour over a keep-alive: only the twenty seconds in which the provider was asked count.
        _lab.Clock.Advance(TimeSpan.FromHours(1));
        var next = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(10) - Millisecond);
        Assert.False(next.IsCompleted);
        _lab.Clock.Advance(Millisecond);

        await Assert.ThrowsAsync<TimeoutException>(() => next);
    }

    [Theory]
    [InlineData(Timeout.Infinite * TimeSpan.TicksPerMillisecond)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue / 2)]
    public async Task Idle_SwitchedOffOrEndless_WaitsForEver(long ticks)
    {
        LadderLab.GoOnInline();
        _lab.Clock.Advance(TimeSpan.FromDays(400));
        await using var stream = Open(new() { IdleTimeout = new(ticks) });
        await NextAsync(stream, "a");
        var move = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromDays(1));

        Assert.False(move.IsCompleted);
    }

    [Fact]
    public async Task Idle_BeforeAnySignOfLife_IsTheBusinessOfTheFirstContentTimeout()
    {
        LadderLab.GoOnInline();
        await using var stream = Open(new() { FirstContentTimeout = TimeSpan.FromSeconds(50) });
        var move = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(50) - Millisecond);
        Assert.False(move.IsCompleted);
        _lab.Clock.Advance(Millisecond);

        await Assert.ThrowsAsync<TimeoutException>(() => move);
    }

    [Fact]
    public async Task FirstContent_ReasoningAndKeepAlives_DoNotExtendIt()
    {
        LadderLab.GoOnInline();
        await using var stream = Open(new() { FirstContentTimeout = TimeSpan.FromSeconds(50) });
        for (var i = 0; i < 49; i++)
        {
            var move = stream.MoveNextAsync().AsTask();
            _lab.Clock.Advance(TimeSpan.FromSeconds(1));
            Client.Feed(i % 2 == 0 ? [new TextReasoningContent("hm")] : []);
            Assert.True(await move);
        }

        var late = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<TimeoutException>(() => late);
    }

    [Fact]
    public async Task FirstContent_HasCome_TheTimeoutIsOver()
    {
        LadderLab.GoOnInline();
        await using var stream = Open(new() { FirstContentTimeout = TimeSpan.FromSeconds(10) });
        await NextAsync(stream, "a");
        var move = stream.MoveNextAsync().AsTask();
        _lab.Clock.Advance(TimeSpan.FromSeconds(29));
        Client.Feed(new TextContent("b"));

        Assert.True(await move);
    }

    [Fact]
    public async Task Stream_IsDisposed_NoTimerStaysArmedAndTheProviderIsCancelled()
    {
        LadderLab.GoOnInline();
        var stream = Open(new() { FirstContentTimeout = TimeSpan.FromSeconds(10) });
        var move = stream.MoveNextAsync().AsTask();
        Assert.Equal(1, _lab.Clock.ArmedTimers);

        await stream.DisposeAsync();

        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.True(Client.Token.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(0, Client.Disposals);
        Client.End();
        Assert.Equal(1, Client.Disposals);
    }

    private IAsyncEnumerator<ChatResponseUpdate> Open(ChatTimeoutOptions? options = null) =>
        new TimeoutChatClient(Client, options, _lab.Clock).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();

    private async Task NextAsync(IAsyncEnumerator<ChatResponseUpdate> stream, string text)
    {
        var move = stream.MoveNextAsync().AsTask();
        Client.Feed(new TextContent(text));
        Assert.True(await move);
        Assert.Equal(text, stream.Current.Text);
    }
}
