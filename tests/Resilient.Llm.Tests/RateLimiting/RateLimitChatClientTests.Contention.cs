using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class RateLimitChatClientTests
{
    [BothWays]
    public async Task Contention_ManyCallersWait_NeverMoreThanAllowedAndAllAreServed(bool streaming)
    {
        var inner = ScriptedChatClient.Playing(Scripted.Answer("a", "b").HoppingThreads());
        using var client = new RateLimitChatClient(inner, new() { MaxConcurrentCalls = 3, MaxWait = TimeSpan.FromMinutes(5) });

        await Parallel.ForAsync(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (_, cancellationToken) =>
            Assert.Equal("ab", (await client.AskAsync(streaming, cancellationToken: cancellationToken)).Text));

        Assert.Equal(2_000, inner.CallCount);
        Assert.InRange(inner.PeakInFlight, 1, 3);
        Assert.Equal((0, 0), (client.Limiter!.Queued, client.Limiter.InProgress));
    }

    [BothWays]
    public async Task Contention_CallersCancelAndCallsFail_NoSlotIsLostOrFreedTwice(bool streaming)
    {
        var inner = new ScriptedChatClient();
        for (var i = 0; i < 700; i++)
        {
            inner.Then(Scripted.Answer("a", "b").HoppingThreads())
                .Then(Scripted.Answer("a", "b").HoppingThreads().BreakingAfter(1, new IOException("cut")))
                .Then(Scripted.Answer("ok"));
        }

        using var client = new RateLimitChatClient(inner, new() { MaxConcurrentCalls = 3, MaxWait = TimeSpan.FromMinutes(5) });

        await Parallel.ForAsync(0, 2_000, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var asking = client.AskAsync(streaming, cancellationToken: cancel.Token);
            if (i % 3 == 0)
            {
                await Task.Yield();
                await cancel.CancelAsync();
            }

            try
            {
                await asking;
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
            }
        });

        Assert.InRange(inner.PeakInFlight, 1, 3);
        Assert.Equal((0, 0), (client.Limiter!.Queued, client.Limiter.InProgress));
        Assert.Equal(0, inner.OpenEnumerators);
    }

    [Fact]
    public async Task Contention_SynchronousCallsBehindALongQueue_DoNotOverflowTheStack()
    {
        var release = new TaskCompletionSource();
        var inner = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).Then(Scripted.Answer("ok"));
        var client = Limit(inner, o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromMinutes(1)));
        Task[] asking = [.. Enumerable.Range(0, 20_000).Select(i => client.AskAsync(streaming: i % 2 == 0))];

        release.SetResult();

        await Task.WhenAll(asking);
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    [Fact]
    public async Task Contention_RateLimited_AdmitsExactlyTheLimit()
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o => o.RequestsPerMinute = 100);
        var refused = 0;

        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            await Task.Yield();
            try
            {
                await client.AskAsync(streaming: i % 2 == 0, cancellationToken: default);
            }
            catch (ChatCallRejectedException)
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.Equal((100, 900), (inner.CallCount, refused));
    }
}
