using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class RateLimitChatClientTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _cancel = new();

    public void Dispose() => _cancel.Dispose();

    [BothWays]
    public async Task MaxConcurrentCalls_AllInUse_RefusesUntilOneEnds(bool streaming)
    {
        var release = new TaskCompletionSource();
        var inner = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).Then(Scripted.Answer("ok"));
        var client = Limit(inner, o => o.MaxConcurrentCalls = 1);

        var first = client.AskAsync(streaming);
        Assert.Equal(FailureKind.Rejected, Check(client).Refusal);
        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));
        release.SetResult();
        await first;

        Assert.Null(refused.RetryAfter);
        Assert.True(Check(client).IsAvailable);
        Assert.Equal("ok", (await client.AskAsync(streaming)).Text);
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    [BothWays]
    public async Task MaxConcurrentCalls_CallFails_FreesTheSlotOnce(bool streaming)
    {
        var inner = ScriptedChatClient.Throwing(new IOException("down"))
            .Then(Scripted.ThrowSynchronously(new IOException("down")))
            .Then(Scripted.Answer("a", "b").BreakingAfter(1, new IOException("cut")))
            .Then(Scripted.Answer("x").HoppingThreads().BreakingAfter(1, new IOException("cut")));
        var client = Limit(inner, o => o.MaxConcurrentCalls = 1);

        for (var i = 0; i < 4; i++)
        {
            await Assert.ThrowsAsync<IOException>(() => client.AskAsync(streaming));
            Assert.Equal(0, client.Limiter!.InProgress);
        }
    }

    [BothWays]
    public async Task MaxConcurrentCalls_CallCancelled_FreesTheSlot(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Playing(Scripted.Hang()), o => o.MaxConcurrentCalls = 1);
        var asking = client.AskAsync(streaming, cancellationToken: _cancel.Token);
        Assert.Equal(1, client.Limiter!.InProgress);

        await _cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    [BothWays]
    public async Task AnyLimit_CancelledBeforehand_TakesNothing(bool streaming)
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o => o.RequestsPerMinute = 1);
        await _cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync(streaming, cancellationToken: _cancel.Token));

        Assert.Equal(0, inner.CallCount);
        Assert.True(Check(client).IsAvailable);
    }

    [Fact]
    public async Task Stream_NotReadYet_HoldsNoSlot()
    {
        var client = Limit(ScriptedChatClient.Answering("ok"), o => o.MaxConcurrentCalls = 1);

        var updates = client.GetStreamingResponseAsync([]).GetAsyncEnumerator();
        Assert.Equal(0, client.Limiter!.InProgress);
        await updates.DisposeAsync();

        Assert.Equal(0, client.Limiter!.InProgress);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => updates.MoveNextAsync().AsTask());
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    [Fact]
    public async Task Stream_DisposedMidwayAndTwice_FreesTheSlotOnce()
    {
        var inner = ScriptedChatClient.Answering("a", "b");
        var client = Limit(inner, o => o.MaxConcurrentCalls = 2);
        var other = client.GetStreamingResponseAsync([]).GetAsyncEnumerator();
        await other.MoveNextAsync();
        var updates = client.GetStreamingResponseAsync([]).GetAsyncEnumerator();
        await updates.MoveNextAsync();
        Assert.Equal(2, client.Limiter!.InProgress);

        await updates.DisposeAsync();
        await updates.DisposeAsync();

        Assert.Equal(1, client.Limiter!.InProgress);
        Assert.Equal(1, inner.EnumeratorsDisposed);
        await other.DisposeAsync();
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    [Fact]
    public async Task Stream_ReadToItsEnd_FreesTheSlotBeforeDisposal()
    {
        var client = Limit(ScriptedChatClient.Answering("a"), o => o.MaxConcurrentCalls = 1);
        var updates = client.GetStreamingResponseAsync([]).GetAsyncEnumerator();
        while (await updates.MoveNextAsync())
        {
            Assert.Equal(1, client.Limiter!.InProgress);
        }

        Assert.Equal(0, client.Limiter!.InProgress);
        await updates.DisposeAsync();
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    private RateLimitChatClient Limit(IChatClient inner, Action<ChatRateLimitOptions> configure)
    {
        var options = new ChatRateLimitOptions();
        configure(options);
        return new(inner, options, _time);
    }

    private static Llm.Endpoints.Availability Check(RateLimitChatClient client) => ((IAvailability)client).Check();
}
