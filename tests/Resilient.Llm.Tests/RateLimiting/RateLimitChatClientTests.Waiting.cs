using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class RateLimitChatClientTests
{
    [BothWays]
    public async Task MaxWait_RateUsedUp_ServesInOrderOfArrivalAsItRefills(bool streaming)
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o => (o.RequestsPerMinute, o.Burst, o.MaxWait) = (60, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)));
        await client.AskAsync(streaming, "0");
        Task<ChatResponse>[] waiting = [.. Enumerable.Range(1, 3).Select(i => client.AskAsync(streaming, $"{i}"))];

        for (var i = 0; i < 3; i++)
        {
            Assert.False(waiting[i].IsCompleted);
            _time.Advance(TimeSpan.FromSeconds(1));
            await waiting[i];
        }

        Assert.Equal(["0", "1", "2", "3"], inner.Calls.Select(static call => call.Question));
        Assert.Equal((0, 0), (client.Limiter!.Queued, client.Limiter.InProgress));
        Assert.Equal(0, _time.ArmedTimers);
    }

    [BothWays]
    public async Task MaxWait_TurnWouldComeTooLate_RefusesAtOnceWithRetryAfter(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Answering("ok"), o => (o.RequestsPerMinute, o.Burst, o.MaxWait) = (60, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)));
        await client.AskAsync(streaming);
        Assert.True(Check(client).IsAvailable);
        Task<ChatResponse>[] waiting = [client.AskAsync(streaming), client.AskAsync(streaming)];

        Assert.Equal(TimeSpan.FromSeconds(3), Check(client).ReopensIn);
        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(3), refused.RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(2));
        await Task.WhenAll(waiting);
    }

    [BothWays]
    public async Task MaxWait_NoSlotInTime_RefusesWhenTimeIsUp(bool streaming)
    {
        var release = new TaskCompletionSource();
        var inner = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).Then(Scripted.Answer("ok"));
        var client = Limit(inner, o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromSeconds(2)));
        var first = client.AskAsync(streaming);
        var second = client.AskAsync(streaming);

        _time.Advance(TimeSpan.FromSeconds(1.999));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.001));

        await Assert.ThrowsAsync<ChatCallRejectedException>(() => second);
        release.SetResult();
        await first;
        Assert.Equal(1, inner.CallCount);
        Assert.Equal((0, 0), (client.Limiter!.Queued, client.Limiter.InProgress));
    }

    [BothWays]
    public async Task MaxWait_AttemptDeadlineIsEarlier_WaitsOnlyUntilThen(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Playing(Scripted.Hang()), o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromSeconds(10)));
        _ = client.AskAsync(streaming, cancellationToken: _cancel.Token);
        var deadline = _time.GetTimestamp() + (3 * _time.TimestampFrequency);
        var options = new ResilientChatOptions
        {
            Context = new(_time, streaming, default),
            Attempt = new(new("primary", "eu"), deadline, IsLastModel: false),
        };

        var second = client.AskAsync(streaming, options: options);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        var refused = await Assert.ThrowsAsync<ChatCallRejectedException>(() => second);
        Assert.Contains("'primary/eu'", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ChatCallRejectedException>(() => client.AskAsync(streaming, options: options));
        await _cancel.CancelAsync();
    }

    [BothWays]
    public async Task MaxWait_CancelledInTheQueue_ReturnsAtOnceAndLeavesNoGhost(bool streaming)
    {
        var release = new TaskCompletionSource();
        var inner = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).Then(Scripted.Answer("ok"));
        var client = Limit(inner, o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromSeconds(10)));
        var first = client.AskAsync(streaming, "1");
        var cancelled = client.AskAsync(streaming, "2", cancellationToken: _cancel.Token);
        var third = client.AskAsync(streaming, "3");

        await _cancel.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(_cancel.Token, thrown.CancellationToken);
        Assert.Equal(1, client.Limiter!.Queued);
        release.SetResult();
        await Task.WhenAll(first, third);

        Assert.Equal(["1", "3"], inner.Calls.Select(static call => call.Question));
        Assert.Equal((0, 0), (client.Limiter.Queued, client.Limiter.InProgress));
        Assert.Equal(0, _time.ArmedTimers);
    }

    [BothWays]
    public async Task MaxWait_BigCallCancelledInFront_LetsTheSmallerPass(bool streaming)
    {
        var client = Limit(ScriptedChatClient.Answering("ok"), o =>
        {
            (o.TokensPerMinute, o.MaxWait) = (60, TimeSpan.FromMinutes(1));
            o.EstimateTokens = static (messages, _) => int.Parse(messages[0].Text, null);
        });
        await client.AskAsync(streaming, "50");
        var big = client.AskAsync(streaming, "40", cancellationToken: _cancel.Token);
        var small = client.AskAsync(streaming, "10");
        Assert.False(small.IsCompleted);

        await _cancel.CancelAsync();

        await small;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => big);
    }

    [BothWays]
    public async Task MaxWait_SmallCallWouldFit_DoesNotOvertakeTheBigOneBeforeIt(bool streaming)
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o =>
        {
            (o.TokensPerMinute, o.MaxWait) = (60, TimeSpan.FromMinutes(1));
            o.EstimateTokens = static (messages, _) => int.Parse(messages[0].Text, null);
        });
        await client.AskAsync(streaming, "50");
        var big = client.AskAsync(streaming, "40");
        var small = client.AskAsync(streaming, "10");

        _time.Advance(TimeSpan.FromSeconds(40));
        await Task.WhenAll(big, small);

        Assert.Equal(["50", "40", "10"], inner.Calls.Select(static call => call.Question));
    }

    [BothWays]
    public async Task MaxWait_TokensGivenBack_WakesTheNextBeforeItsTime(bool streaming)
    {
        var release = new TaskCompletionSource();
        var inner = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task).Using(1, 1)).Then(Scripted.Answer("ok"));
        var client = Limit(inner, o =>
        {
            LimitTokens(o, 100, 100);
            o.MaxWait = TimeSpan.FromMinutes(2);
        });
        var first = client.AskAsync(streaming);
        var second = client.AskAsync(streaming);
        _time.Advance(TimeSpan.FromSeconds(2));

        release.SetResult();

        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task MaxWait_StreamDisposedWhileItWaits_OpensNothingAndOwesNothing()
    {
        var release = new TaskCompletionSource();
        var inner = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).Then(Scripted.Answer("ok"));
        var client = Limit(inner, o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromSeconds(10)));
        var first = client.AskAsync(streaming: false);
        var updates = client.GetStreamingResponseAsync([]).GetAsyncEnumerator();
        var move = updates.MoveNextAsync().AsTask();

        await updates.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(0, _time.ArmedTimers);
        release.SetResult();
        await first;
        Assert.Equal((1, 0), (inner.CallCount, client.Limiter!.InProgress));
    }
}
