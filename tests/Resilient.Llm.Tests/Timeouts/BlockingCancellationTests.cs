using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A client whose reaction to being cancelled takes its time, in real time: nobody may have to wait for that.</summary>
public sealed class BlockingCancellationTests : IDisposable
{
    private readonly ManualResetEventSlim _block = new();

    public void Dispose() => _block.Dispose();

    [BothWays]
    public async Task TimeIsUp_TheCallerIsToldAtOnce(bool streaming)
    {
        var client = new SlowToCancelClient(_block);
        var time = TimeSpan.FromMilliseconds(1);
        var timed = new TimeoutChatClient(client, new() { AttemptTimeout = time, FirstContentTimeout = time });

        await Assert.ThrowsAsync<TimeoutException>(() => timed.AskAsync(streaming));

        _block.Set();
        Assert.True(await client.WasReleased);
    }

    [BothWays]
    public async Task CallerCancels_IsNotHeldUp(bool streaming)
    {
        var client = new SlowToCancelClient(_block);
        using var caller = new CancellationTokenSource();
        var asked = new TimeoutChatClient(client).AskAsync(streaming, LadderLab.Ask(), cancellationToken: caller.Token);

        // On this very thread: a callback that ran here would find nobody to release it.
        caller.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        _block.Set();
        Assert.True(await client.WasReleased);
    }
}
